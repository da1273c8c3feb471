#include "daemon/payouts/plan.hpp"

#include <algorithm>
#include <set>

#include "chains/evm/abi.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::payouts {
namespace {

constexpr std::chrono::seconds kResendAfter{30};
constexpr std::chrono::seconds kRetryAfter{2};
/// 100,000 gwei: hundreds of times what crowded chains have asked for.
constexpr std::uint64_t kMostWeiPerGas = 100'000'000'000'000;

evm::U256 minus(const evm::U256& a, const evm::U256& b) {
  return a > b ? evm::U256(a - b) : 0;
}

Result<uint128> base_units(const pb::Payout& payout) {
  TRY(const Amount amount, ledger::amount_of(payout.amount()));
  return amount.to_base_units(static_cast<int>(payout.decimals()));
}

}  // namespace

const pb::Attempt& attempt_of(const pb::Payout& payout) {
  INVARIANT(payout.attempts_size() > 0);
  return payout.attempts(payout.attempts_size() - 1);
}

evm::TxHash tx_hash_of(const pb::Attempt& attempt) {
  return fixed_from<evm::TxHash>(attempt.tx_hash());
}

Situation sort_out(std::vector<pb::Payout> open) {
  Situation out;
  for (pb::Payout& payout : open) {
    if (payout.status() == pb::QUEUED) {
      out.queued.push_back(std::move(payout));
    } else if (payout.status() == pb::SUBMITTED || payout.status() == pb::UNKNOWN) {
      out.sent.push_back(std::move(payout));
    } else if (payout.status() == pb::CONFIRMING) {
      out.mined.push_back(std::move(payout));
    }
  }
  std::ranges::sort(out.sent, {}, [](const pb::Payout& p) { return attempt_of(p).nonce(); });
  return out;
}

std::vector<const pb::Attempt*> due_for_sending(const std::vector<pb::Payout>& sent,
                                                const SendHistory& history, Time now) {
  std::vector<const pb::Attempt*> due;
  for (const pb::Payout& payout : sent) {
    const pb::Attempt& attempt = attempt_of(payout);
    const auto before = history.find(tx_hash_of(attempt));
    if (before != history.end()) {
      const auto rest = before->second.accepted ? kResendAfter : kRetryAfter;
      if (now < before->second.at + rest) continue;
    }
    due.push_back(&attempt);
  }
  return due;
}

Funds net_of_sent(Funds on_chain, const std::vector<pb::Payout>& sent) {
  for (const pb::Payout& payout : sent) {
    const auto units = base_units(payout);
    auto& token = on_chain.tokens[fixed_from<evm::Address>(payout.token_address())];
    if (units) token = minus(token, evm::widen(*units));
    const auto signed_transaction = evm::decode_signed(as_bytes(attempt_of(payout).raw()));
    if (!signed_transaction) continue;
    const evm::Transaction& transaction = signed_transaction->transaction;
    on_chain.native =
        minus(on_chain.native, evm::U256(transaction.max_fee_per_gas * transaction.gas_limit));
  }
  return on_chain;
}

Result<FeeCaps> fee_caps(const chains::rpc::Fees& fees) {
  if (fees.base_fee > kMostWeiPerGas || fees.priority_fee > kMostWeiPerGas) {
    return fail(Errc::Corrupt, "absurd_fee",
                "a node tells a base fee of " + fees.base_fee.str() + " wei and a tip of " +
                    fees.priority_fee.str() + " wei per gas");
  }
  return FeeCaps{evm::U256(fees.base_fee * 2 + fees.priority_fee), fees.priority_fee};
}

std::uint64_t with_margin(std::uint64_t estimated_gas) {
  return estimated_gas + estimated_gas / 5;
}

Result<evm::Transaction> payment(const pb::Payout& payout, std::uint64_t chain_id,
                                 std::uint64_t nonce, std::uint64_t gas_limit,
                                 const FeeCaps& caps) {
  TRY(const uint128 units, base_units(payout));
  evm::Transaction transaction;
  transaction.kind = evm::TransactionKind::DynamicFee;
  transaction.chain_id = chain_id;
  transaction.nonce = nonce;
  transaction.gas_limit = gas_limit;
  transaction.max_fee_per_gas = caps.max_fee_per_gas;
  transaction.max_priority_fee_per_gas = caps.max_priority_fee_per_gas;
  transaction.to = fixed_from<evm::Address>(payout.token_address());
  transaction.data =
      evm::encode_transfer({fixed_from<evm::Address>(payout.destination()), evm::widen(units)});
  return transaction;
}

Admission admit(const std::vector<pb::Payout>& queued, Funds funds, std::size_t room) {
  Admission out;
  std::set<std::string> exhausted;
  for (const pb::Payout& payout : queued) {
    auto& token = funds.tokens[fixed_from<evm::Address>(payout.token_address())];
    const auto units = base_units(payout);
    const bool fits = units && evm::widen(*units) <= token;
    if (!fits || exhausted.contains(payout.token_address())) {
      exhausted.insert(payout.token_address());
      out.waiting[payout.id()] = "liquidity";
      continue;
    }
    if (out.admitted.size() == room) break;
    token = minus(token, evm::widen(*units));
    out.admitted.push_back(payout);
  }
  return out;
}

}  // namespace settled::daemon::payouts
