#include "chains/agreement.hpp"

#include <algorithm>
#include <tuple>

#include "chains/evm/keccak.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains {
namespace {

constexpr std::size_t kNamed = 3;
constexpr std::size_t kShownBytes = 4;

/// Fields of a fixed length as they are, others behind their length: no two accounts give the same
/// bytes.
class Canonical {
 public:
  Canonical& number(std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return *this;
  }
  Canonical& fixed(BytesView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Canonical& sized(BytesView bytes) { return number(bytes.size()).fixed(bytes); }
  Canonical& header(const rpc::Header& header) {
    return number(header.number)
        .fixed(header.hash.view())
        .fixed(header.parent.view())
        .number(static_cast<std::uint64_t>(to_ms(header.time)));
  }
  evm::Hash digest() const { return evm::keccak256(bytes_); }

 private:
  Bytes bytes_;
};

evm::Hash digest_of(const rpc::Log& log) {
  Canonical out;
  out.number(log.block_number).fixed(log.block_hash.view()).fixed(log.tx_hash.view());
  out.number(log.tx_index).number(log.log_index).fixed(log.address.view());
  out.number(log.topics.size());
  for (const evm::Hash& topic : log.topics) out.fixed(topic.view());
  return out.sized(log.data).digest();
}

std::string shown(BytesView hash) {
  return to_0x(hash.first(kShownBytes)) + "..";
}

std::string name_of(const Account::Mark& mark) {
  return "log " + std::to_string(mark.log_index) + " of block " + std::to_string(mark.block) +
         " (transaction " + to_0x(mark.tx_hash.view()) + ")";
}

auto place(const Account::Mark& mark) {
  return std::tuple(mark.block, mark.log_index);
}

}  // namespace

Account account_of(const rpc::Header& last, const std::vector<rpc::Log>& logs) {
  Account out;
  Canonical all;
  all.header(last);
  all.number(logs.size());
  out.logs.reserve(logs.size());
  for (const rpc::Log& log : logs) {
    const evm::Hash digest = digest_of(log);
    all.fixed(digest.view());
    out.logs.push_back({log.block_number, log.log_index, log.tx_hash, digest});
  }
  out.digest = all.digest();
  out.block = last.hash;
  out.words = "block " + std::to_string(last.number) + " is " + shown(last.hash.view()) + " with " +
              std::to_string(logs.size()) + " logs, digest " + shown(out.digest.view());
  return out;
}

Account account_of(const std::vector<rpc::Header>& blocks) {
  INVARIANT(!blocks.empty());
  Account out;
  Canonical all;
  all.number(blocks.size());
  for (const rpc::Header& block : blocks) all.header(block);
  out.digest = all.digest();
  out.block = blocks.back().hash;
  out.words = std::to_string(blocks.size()) + " blocks up to " +
              std::to_string(blocks.back().number) + " " + shown(out.block.view()) + ", digest " +
              shown(out.digest.view());
  return out;
}

Account account_of(const std::optional<BlockRef>& ancestor) {
  Account out;
  Canonical all;
  all.number(ancestor ? 1 : 0);
  if (ancestor) {
    all.number(ancestor->number).fixed(ancestor->hash.view());
    out.block = ancestor->hash;
  }
  out.digest = all.digest();
  out.words = ancestor ? "shares block " + std::to_string(ancestor->number) + " " +
                             shown(ancestor->hash.view())
                       : "shares none of our blocks";
  return out;
}

std::string difference(const Account& agreed, const Account& other) {
  std::string out;
  std::size_t found = 0;
  const auto name = [&](const char* what, const Account::Mark& mark) {
    ++found;
    if (found <= kNamed) out += (found == 1 ? "" : "; ") + std::string(what) + " " + name_of(mark);
  };
  auto a = agreed.logs.begin();
  auto b = other.logs.begin();
  while (a != agreed.logs.end() || b != other.logs.end()) {
    const bool only_a = b == other.logs.end() || (a != agreed.logs.end() && place(*a) < place(*b));
    const bool only_b = a == agreed.logs.end() || (b != other.logs.end() && place(*b) < place(*a));
    if (only_a) {
      name("withholds", *a++);
    } else if (only_b) {
      name("invents", *b++);
    } else {
      if (*a != *b) name("changes", *a);
      ++a;
      ++b;
    }
  }
  if (found > kNamed) out += " and " + std::to_string(found - kNamed) + " more";
  return out.empty() ? "tells the same logs, and another header" : out;
}

std::size_t Ballot::vote(std::string node, Account account) {
  votes_.push_back({std::move(node), std::move(account)});
  const auto same = [&](const Vote& vote) {
    return vote.account.digest == votes_.back().account.digest;
  };
  if (!winner_ && static_cast<std::size_t>(std::ranges::count_if(votes_, same)) >= needed_) {
    winner_ = static_cast<std::size_t>(std::ranges::find_if(votes_, same) - votes_.begin());
  }
  return votes_.size() - 1;
}

void Ballot::refuse(std::string node, Error error) {
  refusals_.emplace_back(std::move(node), std::move(error));
}

std::optional<Error> Ballot::dissent(std::size_t vote) const {
  const Account& agreed = votes_[*winner_].account;
  const Account& other = votes_[vote].account;
  if (other.digest == agreed.digest) return std::nullopt;
  return Error{Errc::Corrupt, "nodes_disagree",
               "it says that " + other.words + ", and " + std::to_string(needed_) + " nodes that " +
                   agreed.words + ": it " +
                   (lies(vote) ? difference(agreed, other) : "is on another fork")};
}

bool Ballot::lies(std::size_t vote) const {
  const Account& agreed = votes_[*winner_].account;
  const Account& other = votes_[vote].account;
  return other.digest != agreed.digest && other.block == agreed.block;
}

Error Ballot::failure(const std::string& unasked) const {
  const auto refused = std::ranges::find_if(
      refusals_, [](const auto& each) { return each.second.reason == "range_refused"; });
  if (refused != refusals_.end()) return refused->second;
  const bool none_has_it =
      !refusals_.empty() && std::ranges::all_of(refusals_, [](const auto& each) {
        return each.second.code == Errc::NotFound;
      });
  if (votes_.empty() && none_has_it) return refusals_.front().second;
  std::string said;
  for (const Vote& vote : votes_) said += "; " + vote.node + ": " + vote.account.words;
  for (const auto& [node, error] : refusals_) said += "; " + node + ": " + error.reason;
  said += unasked;
  const bool differ = std::ranges::any_of(votes_, [&](const Vote& vote) {
    return vote.account.digest != votes_.front().account.digest;
  });
  return {Errc::Unavailable, differ ? "nodes_disagree" : "no_quorum",
          std::to_string(needed_) + " nodes must say the same" + said};
}

}  // namespace settled::chains
