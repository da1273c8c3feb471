#include "chains/evm/uri.hpp"

namespace settled::chains::evm {

std::string payment_uri(const Address& token, std::uint64_t chain_id, const Address& to,
                        uint128 base_units) {
  return "ethereum:" + to_checksum(token) + "@" + std::to_string(chain_id) +
         "/transfer?address=" + to_checksum(to) + "&uint256=" + to_string(base_units);
}

}  // namespace settled::chains::evm
