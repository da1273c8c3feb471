#include "daemon/deposits/deposits.hpp"

#include <optional>
#include <utility>

#include "daemon/async/book.hpp"
#include "daemon/deposits/observed.hpp"
#include "ledger/awaited.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::deposits {
namespace {

namespace pb = ledger::pb;
using chains::BlockRef;
using chains::Cursor;

/// A chain with fewer blocks may have none that is final yet; any other one has.
constexpr std::uint64_t kYoungChain = 10'000;

/// Where the book stands; nothing where it does not know the chain.
Result<std::optional<Cursor>> stored_cursor(const ledger::Book& book,
                                            const chains::ChainSettings& settings) {
  const auto snapshot = book.snapshot();
  TRY(const auto chain,
      ledger::read_record<pb::Chain>(*snapshot, ledger::keys::chain(settings.name)));
  if (!chain) return std::nullopt;
  if (chain->chain_id() != settings.chain_id) {
    return fail(Errc::Conflict, "chain_open",
                "the books know chain " + settings.name + " with chain id " +
                    std::to_string(chain->chain_id()) + ", not " +
                    std::to_string(settings.chain_id));
  }
  TRY(const auto blocks, ledger::reports::recent_blocks(*snapshot, settings.name));
  Cursor cursor{.recent = {}, .final_number = chain->final_number()};
  for (const pb::Block& block : blocks) {
    TRY(const BlockRef ref, block_ref(block));
    cursor.recent.push_back(ref);
  }
  if (cursor.recent.empty()) {
    return fail(Errc::Corrupt, "corrupt_record", "the books hold no block of " + settings.name);
  }
  return cursor;
}

}  // namespace

Deposits::Deposits(const boost::asio::any_io_executor& executor, ledger::Book& book,
                   chains::ChainSettings settings, chains::rpc::NodePool& nodes, const Clock& clock,
                   const std::vector<chains::evm::Address>& signers,
                   std::function<void(const chains::FollowStatus&)> on_halt)
    : book_(book),
      signers_(signers.begin(), signers.end()),
      follower_(
          executor, std::move(settings), nodes, clock,
          {.wanted = [this](const auto& from, const auto& to) { return is_ours(from, to); },
           .on_blocks = [this](chains::BlockBatch batch) { return observe(std::move(batch)); },
           .on_rewind = [this](BlockRef to) { return rewind(to); },
           .load = [this] { return load(); },
           .due = [this](std::uint64_t head,
                         std::uint64_t final_number) { return is_awaited(head, final_number); },
           .on_halt = std::move(on_halt)}) {}

Task<Status> Deposits::open() {
  CO_TRY_OK(co_await follower_.check());
  CO_TRY_OK(co_await load());
  co_return Status{};
}

Task<Status> Deposits::run() {
  co_return co_await follower_.run();
}

bool Deposits::is_ours(const chains::evm::Address& from, const chains::evm::Address& to) const {
  return signers_.contains(to) || signers_.contains(from) ||
         book_.watches_either(as_text(to.view()), as_text(from.view()));
}

bool Deposits::is_awaited(std::uint64_t head, std::uint64_t final_number) const {
  const auto waits = ledger::reports::awaits(book_.reader(), settings().name,
                                             confirmation_rule(settings()), head, final_number);
  // What cannot be read is told by the hand-over.
  return !waits || *waits;
}

Task<Result<Cursor>> Deposits::load() {
  CO_TRY(auto cursor, stored_cursor(book_, settings()));
  if (!cursor) {
    CO_TRY_OK(co_await open_chain());
    CO_TRY(cursor, stored_cursor(book_, settings()));
  }
  INVARIANT(cursor.has_value());
  if (sweep_) sweep_->starts_after(cursor->head().number, cursor->final_number);
  co_return *std::move(cursor);
}

Task<Status> Deposits::open_chain() {
  CO_TRY(const BlockRef start, co_await start_block());
  pb::Command command;
  pb::OpenChain& open = *command.mutable_open_chain();
  open.set_chain(settings().name);
  open.set_chain_id(settings().chain_id);
  open.set_native_currency(settings().native_currency);
  *open.mutable_start() = stored(start);
  const auto opened = co_await apply(book_, std::move(command));
  // Two callers may find the chain new at once; which of them opened it does not matter.
  if (!opened && opened.error().reason != "chain_open") {
    co_return std::unexpected(opened.error());
  }
  co_return Status{};
}

Task<Result<BlockRef>> Deposits::start_block() {
  CO_TRY(const chains::HeadsSeen heads, co_await follower_.reader().heads());
  const bool no_answer = settings().finality.by_tag && !heads.finalized;
  if (no_answer && heads.latest.number >= kYoungChain) {
    co_return fail(Errc::Unavailable, "no_final_block",
                   "no node tells which block of " + settings().name + " is final");
  }
  const std::uint64_t final_number = chains::next_final(settings().finality, heads, 0);
  const std::uint64_t number = settings().start_block.value_or(final_number);
  if (number > final_number) {
    co_return fail(Errc::Unavailable, "start_not_final",
                   "the start block " + std::to_string(number) + " is above the final block " +
                       std::to_string(final_number));
  }
  co_return co_await follower_.reader().block(number);
}

Task<Status> Deposits::observe(chains::BlockBatch batch) {
  pb::Command command;
  *command.mutable_observe_blocks() = observed(batch, settings());
  CO_TRY_OK(co_await apply(book_, std::move(command)));
  if (sweep_) sweep_->took(batch);
  co_return Status{};
}

Task<Status> Deposits::book_missed(const chains::SeenBlock& block) {
  pb::Command command;
  *command.mutable_book_missed_payments() = missed_in(settings().name, block);
  CO_TRY_OK(co_await apply(book_, std::move(command)));
  co_return Status{};
}

Task<Status> Deposits::rewind(BlockRef to) {
  pb::Command command;
  pb::RewindChain& rewind = *command.mutable_rewind_chain();
  rewind.set_chain(settings().name);
  rewind.set_to_number(to.number);
  rewind.set_to_hash(to.hash.raw());
  CO_TRY_OK(co_await apply(book_, std::move(command)));
  if (sweep_) sweep_->rewound(to.number);
  co_return Status{};
}

}  // namespace settled::daemon::deposits
