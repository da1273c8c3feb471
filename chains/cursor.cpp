#include "chains/cursor.hpp"

#include <algorithm>

#include "ledger/types/result.hpp"

namespace settled::chains {

const BlockRef* Cursor::find(std::uint64_t number) const {
  const auto found = std::ranges::lower_bound(recent, number, {}, &BlockRef::number);
  return found != recent.end() && found->number == number ? &*found : nullptr;
}

void Cursor::advance(const std::vector<BlockRef>& blocks, std::uint64_t told_final) {
  recent.insert(recent.end(), blocks.begin(), blocks.end());
  final_number = std::max(final_number, std::min(told_final, head().number));
  const auto above = std::ranges::upper_bound(recent, final_number, {}, &BlockRef::number);
  if (above - recent.begin() > 1) recent.erase(recent.begin(), above - 1);
}

void Cursor::rewind(std::uint64_t number) {
  INVARIANT(find(number) != nullptr);
  recent.erase(std::ranges::upper_bound(recent, number, {}, &BlockRef::number), recent.end());
}

}  // namespace settled::chains
