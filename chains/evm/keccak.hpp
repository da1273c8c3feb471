#pragma once

#include <initializer_list>

#include "ledger/types/bytes.hpp"

namespace settled::chains::evm {

/// A Keccak-256 digest whose meaning has no type of its own: a signing digest, an event topic.
using Hash = FixedBytes<32, struct KeccakTag>;

/// Keccak-256 with the padding of the original submission, as Ethereum uses it (yellow paper,
/// appendix B). NIST's SHA3-256 is another function. Thread-safe.
Hash keccak256(BytesView bytes);
/// Of several pieces, as if they were joined.
Hash keccak256(std::initializer_list<BytesView> pieces);

}  // namespace settled::chains::evm
