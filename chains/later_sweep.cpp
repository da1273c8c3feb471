#include "chains/later_sweep.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "chains/evm/abi.hpp"
#include "chains/rpc/range_limit.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains {
namespace {

using http::Task;

/// So many are named; the others are counted.
constexpr std::size_t kNamed = 4;

using Place = std::tuple<std::uint64_t, std::uint32_t, evm::TxHash>;
using Transfers = std::map<Place, SeenTransfer>;

bool same(const SeenTransfer& a, const SeenTransfer& b) {
  return a.token->address == b.token->address && a.from == b.from && a.to == b.to &&
         a.base_units == b.base_units;
}

/// Those of `some` that `others` has not, or has otherwise.
std::vector<Place> lacking(const Transfers& some, const Transfers& others) {
  std::vector<Place> out;
  for (const auto& [place, transfer] : some) {
    const auto at = others.find(place);
    if (at == others.end() || !same(at->second, transfer)) out.push_back(place);
  }
  return out;
}

std::string named(const std::vector<Place>& places) {
  std::string out;
  for (std::size_t i = 0; i < std::min(places.size(), kNamed); ++i) {
    const auto& [number, log, transaction] = places[i];
    out += (i == 0 ? "log " : ", log ") + std::to_string(log) + " of block " +
           std::to_string(number) + " (transaction " + to_0x(transaction.view()) + ")";
  }
  if (places.size() > kNamed) out += " and " + std::to_string(places.size() - kNamed) + " more";
  return out;
}

bool is_too_much(const Error& error) {
  return error.code == Errc::Rejected || error.code == Errc::Timeout ||
         error.reason == "body_too_large";
}

std::optional<std::uint64_t> allowed_by(const Error& error) {
  return error.reason == "range_refused" ? rpc::blocks_allowed(error.detail) : std::nullopt;
}

}  // namespace

LaterSweep::LaterSweep(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted,
                       OnDifference on_difference, OnMissed on_missed, Books books)
    : settings_(settings),
      nodes_(nodes),
      wanted_(std::move(wanted)),
      on_difference_(std::move(on_difference)),
      on_missed_(std::move(on_missed)),
      books_(std::move(books)) {
  for (const TokenSettings& token : settings_.tokens) tokens_.push_back(token.address);
}

bool LaterSweep::has_purpose() const {
  return settings_.evidence == Evidence::Single && nodes_.size() >= kNodes;
}

void LaterSweep::starts_after(std::uint64_t head, std::uint64_t final_number) {
  if (started_after_ || !has_purpose()) return;
  started_after_ = head;
  head_ = head;
  final_ = std::min(final_number, head);
  begin();
}

void LaterSweep::begin() {
  const auto swept = books_.swept(*started_after_);
  if (!swept) {
    on_difference_("", swept.error());
    return;
  }
  reached_ = std::min(*swept, *started_after_);
  next_ = reached_ + 1;
  before_ = head_;
}

void LaterSweep::took(const BlockBatch& batch) {
  if (!started_after_) return;
  for (const SeenBlock& block : batch.blocks) {
    head_ = block.block.number;
    if (!next_) continue;          // the books will be asked
    if (head_ < *next_) continue;  // handed over once more, by a load of the cursor
    Handed& handed = handed_[head_];
    handed = {block.block.hash, block.transfers};
    for (SeenTransfer& transfer : handed.transfers) transfer.receipt_proof.clear();
  }
  final_ = std::max(final_, std::min(batch.final_number, head_));
  while (handed_.size() > kMostBlocks) {
    next_ = handed_.begin()->first + 1;
    handed_.erase(handed_.begin());
    stretch_.reset();
  }
}

void LaterSweep::rewound(std::uint64_t to) {
  if (!started_after_) return;
  handed_.erase(handed_.upper_bound(to), handed_.end());
  before_ = std::min(before_, to);
  head_ = std::min(head_, to);
}

Task<void> LaterSweep::sweep() {
  if (started_after_ && !next_) begin();
  for (unsigned i = 0; i < kStretches && next_ && *next_ <= final_; ++i) {
    if (co_await read_stretch() == Outcome::Wait) break;
  }
  co_await book_missed();
  note_reached();
}

/// What still waits to be booked is found again after a restart.
void LaterSweep::note_reached() {
  if (!next_) return;
  const std::uint64_t open = missed_.empty() ? *next_ : std::min(*next_, missed_.begin()->first);
  if (open - 1 > reached_ && books_.reached(open - 1)) reached_ = open - 1;
}

Task<void> LaterSweep::book_missed() {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(missed_.size());
  for (const auto& [number, tries] : missed_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    if (co_await on_missed_(number)) {
      missed_.erase(number);
    } else if (++missed_[number] >= kMostTries) {
      missed_.erase(number);
      on_difference_("", {Errc::Unavailable, "missed_not_booked",
                          "what was missed in block " + std::to_string(number) +
                              " could not be proven and booked; it is not tried again"});
    }
  }
}

/// Ends at a block whose hash is known, where there is one.
LaterSweep::Stretch LaterSweep::next_stretch() const {
  Stretch out{.from = *next_, .to = std::min(final_, *next_ + size_.blocks() - 1)};
  const auto above = handed_.upper_bound(out.to);
  if (above != handed_.begin() && std::prev(above)->first >= out.from) {
    out.to = std::prev(above)->first;
  }
  return out;
}

Task<LaterSweep::Outcome> LaterSweep::read_stretch() {
  if (!stretch_) stretch_ = next_stretch();
  const Stretch asked = *stretch_;
  const std::uint64_t blocks = asked.to - asked.from + 1;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < nodes_.size() && stretch_->heard.size() < kNodes; ++i) {
    const std::size_t node = (turn_ + i) % nodes_.size();
    if (std::ranges::count(stretch_->heard, node) != 0) continue;
    const auto told = co_await nodes_.call_node<rpc::LogRange>(node, [this, asked](rpc::Node& of) {
      return of.logs(asked.from, asked.to, tokens_, evm::kTransferTopic);
    });
    if (!stretch_) co_return Outcome::Done;  // let go meanwhile
    if (told) {
      if (const Status compared = compare(nodes_.name(node), asked, *told); !compared) {
        on_difference_("", compared.error());
        co_return Outcome::Wait;
      }
      stretch_->heard.push_back(node);
      bytes = std::max(bytes, told->bytes);
    } else if (is_too_much(told.error()) && size_.refused(blocks, allowed_by(told.error()))) {
      stretch_.reset();
      co_return Outcome::Smaller;
    }
  }
  ++turn_;
  if (stretch_->heard.size() < kNodes) co_return Outcome::Wait;
  size_.answered(blocks, bytes);
  handed_.erase(handed_.begin(), handed_.upper_bound(asked.to));
  next_ = asked.to + 1;
  stretch_.reset();
  co_return Outcome::Done;
}

Status LaterSweep::compare(const std::string& node, const Stretch& stretch,
                           const rpc::LogRange& told) {
  const auto differs = [&](const char* reason, std::string detail) {
    on_difference_(node, {Errc::Corrupt, reason, std::move(detail)});
  };
  const auto last = handed_.find(stretch.to);
  if (last != handed_.end() && last->second.hash != told.last.hash) {
    differs("final_block_differs", "the node tells that block " + std::to_string(stretch.to) +
                                       " is " + to_0x(told.last.hash.view()) + ", and " +
                                       to_0x(last->second.hash.view()) + " is final in the books");
    return {};
  }
  Transfers theirs;
  std::vector<Place> missed;
  for (const rpc::Log& log : told.logs) {
    const auto transfer = transfer_of(log, settings_.tokens, wanted_);
    if (!transfer) {
      on_difference_(node, transfer.error());
    } else if (*transfer) {
      const Place place(log.block_number, log.log_index, log.tx_hash);
      if (log.block_number > before_) {
        theirs.emplace(place, **transfer);
      } else {
        TRY(const bool booked, books_.have(log.block_number, **transfer));
        if (!booked) missed.push_back(place);
      }
    }
  }
  Transfers ours;
  const auto end = handed_.upper_bound(stretch.to);
  for (auto at = handed_.lower_bound(stretch.from); at != end; ++at) {
    for (const SeenTransfer& transfer : at->second.transfers) {
      ours.emplace(Place(at->first, transfer.log_index, transfer.tx_hash), transfer);
    }
  }
  std::ranges::copy(lacking(theirs, ours), std::back_inserter(missed));
  if (!missed.empty()) {
    differs("transfers_missed",
            "the node tells transfers of ours that are not in the books: " + named(missed));
    for (const Place& place : missed) {
      if (settings_.provable && missed_.size() < kMostMissed) missed_.try_emplace(get<0>(place));
    }
  }
  if (const auto alone = lacking(ours, theirs); !alone.empty()) {
    differs("transfers_unconfirmed",
            "the node does not tell, or tells otherwise, what is in the books: " + named(alone));
  }
  return {};
}

}  // namespace settled::chains
