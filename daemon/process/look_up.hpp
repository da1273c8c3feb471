#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "chains/evm/hashes.hpp"
#include "daemon/explain/scene.hpp"
#include "daemon/process/chain_service.hpp"

namespace settled::daemon::process {

/// Asks every followed chain about a transaction, all at once, none longer than four seconds: a
/// chain that does not answer is told so, and holds up no other. On the executor's thread.
class LookUp {
 public:
  /// Looked up at a time; more are refused.
  static constexpr std::size_t kAtOnce = 16;

  /// `chains` outlive this and every look-up under way.
  LookUp(boost::asio::any_io_executor executor,
         const std::vector<std::unique_ptr<ChainService>>& chains)
      : executor_(std::move(executor)), chains_(chains) {}

  /// Without a transaction no node is asked. Error: Unavailable `too_many_look_ups`.
  Task<Result<std::vector<explain::ChainNow>>> now(std::optional<chains::evm::TxHash> transaction);

 private:
  boost::asio::any_io_executor executor_;
  const std::vector<std::unique_ptr<ChainService>>& chains_;
  std::size_t under_way_ = 0;
};

}  // namespace settled::daemon::process
