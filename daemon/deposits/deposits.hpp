#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "chains/follower.hpp"
#include "chains/http/task.hpp"
#include "chains/later_sweep.hpp"
#include "ledger/book.hpp"

namespace settled::daemon::deposits {

using chains::http::Task;

/// One chain's way into the book: runs its follower, opens the chain in the book when it is new,
/// and turns blocks, reorganisations and finality into commands. On the io_context's thread.
class Deposits {
 public:
  /// `signers`: our addresses on this chain beside the deposit addresses. `on_halt`: as of
  /// chains::Follower. The references must outlive this and `run`.
  Deposits(const boost::asio::any_io_executor& executor, ledger::Book& book,
           chains::ChainSettings settings, chains::rpc::NodePool& nodes, const Clock& clock,
           const std::vector<chains::evm::Address>& signers,
           std::function<void(const chains::FollowStatus&)> on_halt = {});
  Deposits(const Deposits&) = delete;
  Deposits& operator=(const Deposits&) = delete;

  /// One attempt to check the settings against the chain and to open the chain in the book where it
  /// is new: at the newest final block, or at the settings' start block. `run` does the same and
  /// goes on trying, so nobody needs to call this first. Errors: Rejected `token_mismatch`;
  /// Conflict `chain_open` where the book knows the name with another chain id; Unavailable
  /// `no_final_block`, `start_not_final`; errors of the node pool and of the book.
  Task<Status> open();
  /// To be told of what the book has taken, from the next `load` on. It outlives `run`.
  void tell(chains::LaterSweep& sweep) { sweep_ = &sweep; }
  /// Is one of the two an address of ours?
  bool is_ours(const chains::evm::Address& from, const chains::evm::Address& to) const;
  /// Books what the books lack of the payments in a final block, at once as final. Errors: those of
  /// the book, Conflict `not_final` among them.
  Task<Status> book_missed(const chains::SeenBlock& block);
  /// `Follower::run`.
  Task<Status> run();

  void wake() { follower_.wake(); }
  const chains::FollowStatus& status() const { return follower_.status(); }
  const chains::ChainSettings& settings() const { return follower_.settings(); }

 private:
  bool is_awaited(std::uint64_t head, std::uint64_t final_number) const;
  Task<Result<chains::Cursor>> load();
  Task<Status> open_chain();
  Task<Result<chains::BlockRef>> start_block();
  Task<Status> observe(chains::BlockBatch batch);
  Task<Status> rewind(chains::BlockRef to);

  ledger::Book& book_;
  std::unordered_set<chains::evm::Address, FixedBytesHash> signers_;
  chains::Follower follower_;
  chains::LaterSweep* sweep_ = nullptr;
};

}  // namespace settled::daemon::deposits
