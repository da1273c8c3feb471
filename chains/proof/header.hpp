#pragma once

#include "chains/evm/header.hpp"
#include "chains/rpc/document.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::proof {

/// A header whose hash was computed from all of its fields.
struct ProvenHeader {
  evm::BlockHeader header;
  Bytes encoded;  ///< RLP
};

/// What a node answers to eth_getBlockByHash or eth_getBlockByNumber: the header's fields of every
/// fork up to Prague and Osaka, put into RLP and hashed. A field that a fork brought and that is
/// missing is left out, or empty where a later one follows. Avalanche's C-Chain is told by its
/// `extDataHash`. Fields of no header are not looked at. Pure.
/// Corrupt `bad_answer`: a field is missing or malformed; `header_hash_mismatch`: the fields do not
/// hash to the `hash` that stands beside them, so one of them was forged, or the chain's headers
/// have fields that are not known here.
Result<ProvenHeader> prove_header(const rpc::Document& block);

}  // namespace settled::chains::proof
