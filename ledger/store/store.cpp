#include "ledger/store/store.hpp"

namespace settled::ledger::store {

std::string prefix_end(std::string_view prefix) {
  const auto last = prefix.find_last_not_of('\xFF');
  INVARIANT(last != std::string_view::npos);
  std::string end(prefix.substr(0, last + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace settled::ledger::store
