#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/store/store.hpp"
#include "ledger/types/amount.hpp"
#include "tests/sim/chain.hpp"
#include "tests/sim/receiver.hpp"

/// What must hold of the books, of the chains as they are, and of the two together. Each returns
/// what is wrong, or nothing. They read what is stored and reckon anew; nothing of `ledger` but its
/// records is used.
namespace settled::sim {

struct Followed {
  std::string name;
  const Chain* chain = nullptr;
  /// What has no more at stake may be confirmed in the block that holds it.
  std::optional<Amount> small = std::nullopt;
};

/// After every commit: entries balance; the cursor stands on a block that there is, and what is
/// final for the books is final; custody equals what reached our addresses up to the final block,
/// and what is pending what came up to the confirmed one, with more only where small payments are
/// confirmed earlier.
std::string check_balances(const ledger::store::Reader& books, const std::vector<Followed>& chains);

/// Every transfer to us in the cursor's branch is in the books once, as it was and in the state
/// that its block is in, and no other is but as reversed; each is where its intent says, and the
/// accounts hold their sums.
std::string check_transfers(const ledger::store::Reader& books,
                            const std::vector<Followed>& chains);

/// At the end: every event was acknowledged, none was heard of that is not in the books, each as it
/// is rendered, and of each object the first attempts came in the order of its events.
std::string check_webhooks(const ledger::store::Reader& books, const Receiver& receiver);

}  // namespace settled::sim
