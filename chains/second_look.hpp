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

/// A second look at a final block that nodes tell differently: the hash is what several nodes tell,
/// and its receipts are proven against it, whatever the chain's evidence is. On the io_context's
/// thread; the references outlive this and every question under way.
class SecondLook {
 public:
  /// Nodes that must tell the hash, and more than tell another one.
  static constexpr std::size_t kNodes = 2;

  SecondLook(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted);
  SecondLook(const SecondLook&) = delete;
  SecondLook& operator=(const SecondLook&) = delete;

  /// The block with its transfers of ours, each with what proves it. REQUIRES: the chain is
  /// provable. Errors: Unavailable `hash_not_agreed`; where the hash is agreed upon and no node
  /// that tells it proves the block, that of the last one (ChainReader).
  http::Task<Result<SeenBlock>> at(std::uint64_t number);

 private:
  struct Told {
    std::size_t node = 0;
    evm::BlockHash hash;
  };
  http::Task<std::vector<Told>> hashes(std::uint64_t number);
  Result<evm::BlockHash> agreed(const std::vector<Told>& told, std::uint64_t number) const;

  const ChainSettings settings_;
  rpc::NodePool& nodes_;
  ChainReader reader_;
};

}  // namespace settled::chains
