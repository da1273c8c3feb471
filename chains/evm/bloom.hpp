#pragma once

#include "ledger/types/bytes.hpp"

namespace settled::chains::evm {

/// The 2048-bit filter over the logs of a receipt or of a block's header (yellow paper, section
/// 4.3.1). Its items are each log's address (20 bytes) and each of its topics (32 bytes).
using Bloom = FixedBytes<256, struct BloomTag>;

void add_to(Bloom& bloom, BytesView item);

/// False: certainly absent. True: present, or one of the other items set the same bits.
bool may_contain(const Bloom& bloom, BytesView item);

}  // namespace settled::chains::evm
