#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chains/evm/hashes.hpp"
#include "chains/evm/transaction.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

/// What to do about a signer's open payouts. Pure: the loop in sender.cpp does it.
namespace settled::daemon::payouts {

namespace evm = chains::evm;
namespace pb = ledger::pb;

/// The open payouts of one signer, sorted by what they need.
struct Situation {
  std::vector<pb::Payout> queued;  ///< oldest first
  std::vector<pb::Payout> sent;    ///< submitted or unknown, by nonce
  std::vector<pb::Payout> mined;   ///< confirming
};
Situation sort_out(std::vector<pb::Payout> open);

/// The attempt that counts: the last one.
const pb::Attempt& attempt_of(const pb::Payout& payout);
evm::TxHash tx_hash_of(const pb::Attempt& attempt);

/// Those of `sent` whose bytes are to be (re)sent: never sent by this process, refused or lost the
/// last time, or so long ago that nodes may have forgotten them.
struct SentBefore {
  Time at;
  bool accepted = false;
};
using SendHistory = std::map<evm::TxHash, SentBefore>;
std::vector<const pb::Attempt*> due_for_sending(const std::vector<pb::Payout>& sent,
                                                const SendHistory& history, Time now);

/// What a signer has to spend, net of what its unmined transactions will take.
struct Funds {
  evm::U256 native;
  std::map<evm::Address, evm::U256> tokens;  ///< base units
};
/// Takes what `sent` will spend out of on-chain balances. Never below zero.
Funds net_of_sent(Funds on_chain, const std::vector<pb::Payout>& sent);

/// Fee caps for new transactions: twice the base fee and the tip, so that six full blocks in a row
/// (each raising the base fee by an eighth, EIP-1559) do not price them out. Fees come from a node
/// that may lie: Corrupt `absurd_fee` where one is beyond all reason.
struct FeeCaps {
  evm::U256 max_fee_per_gas;
  evm::U256 max_priority_fee_per_gas;
};
Result<FeeCaps> fee_caps(const chains::rpc::Fees& fees);

/// Gas with a fifth of margin over the estimate: token contracts spend more when a payee is new.
std::uint64_t with_margin(std::uint64_t estimated_gas);

/// The unsigned transaction of a payout. Error: Invalid where the amount does not fit the token.
Result<evm::Transaction> payment(const pb::Payout& payout, std::uint64_t chain_id,
                                 std::uint64_t nonce, std::uint64_t gas_limit, const FeeCaps& caps);

/// Why a queued payout is not sent yet: "liquidity", "gas".
struct Admission {
  std::vector<pb::Payout> admitted;
  std::map<std::string, std::string> waiting;  ///< raw payout id -> reason
};
/// Admits queued payouts in order as far as the token funds and `room` go. One that does not fit
/// waits without holding back smaller ones of other tokens; within a token the order is kept.
Admission admit(const std::vector<pb::Payout>& queued, Funds funds, std::size_t room);

}  // namespace settled::daemon::payouts
