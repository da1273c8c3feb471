#pragma once

#include "chains/proof/header.hpp"
#include "chains/rpc/fields.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::proof {

/// `prove_header` of a parsed block. Internal to this folder.
Result<ProvenHeader> read_header(const rpc::fields::Object& block);

}  // namespace settled::chains::proof
