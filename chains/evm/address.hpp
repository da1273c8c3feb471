#pragma once

#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// The account or contract, the last 20 bytes of a Keccak-256 digest.
using Address = FixedBytes<20, struct AddressTag>;

/// `0x` and 40 digits whose letter case carries a checksum (EIP-55).
std::string to_checksum(const Address& address);

/// For what people write: `0x` and 40 hexadecimal digits. One case throughout is accepted as
/// having no checksum; mixed case must match EIP-55. Error: Invalid `invalid_address`.
/// Nodes answer in lower case; `fixed_from_hex<Address>` reads those.
Result<Address> parse_address(std::string_view text);

}  // namespace settled::chains::evm
