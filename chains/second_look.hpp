#pragma once

#include <cstdint>
#include <vector>

#include "chains/block_batch.hpp"
#include "chains/chain_reader.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/http/task.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "chains/transfers.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains {

/// A second look at a final block that nodes tell differently: its receipts are proven against its
/// hash, whatever the chain's evidence is, and the hash is what several nodes tell. On the
/// io_context's thread; the references outlive this and every question under way.
class SecondLook {
 public:
  /// Nodes that must tell the hash, and more than tell another one.
  static constexpr std::size_t kNodes = 2;

  SecondLook(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted);
  SecondLook(const SecondLook&) = delete;
  SecondLook& operator=(const SecondLook&) = delete;

  /// The block with its transfers of ours, each with what proves it. REQUIRES: the chain is
  /// provable. Errors: those of ChainReader, Unavailable `hash_not_agreed`.
  http::Task<Result<SeenBlock>> at(std::uint64_t number);

 private:
  http::Task<std::vector<evm::BlockHash>> hashes(std::uint64_t number);

  const ChainSettings settings_;
  rpc::NodePool& nodes_;
  ChainReader reader_;
};

}  // namespace settled::chains
