#pragma once

#include <cstdint>
#include <optional>

#include "chains/evm/address.hpp"
#include "daemon/explain/scene.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"

namespace settled::daemon::explain {

/// Whose an address is, as far as the viewer may know: another merchant's is nobody's.
struct Whose {
  enum class Kind : std::uint8_t { Nobodys, Intents, NotHandedOut, Signer };
  Kind kind = Kind::Nobodys;
  std::optional<ledger::pb::Intent> intent = {};  ///< of `Intents`
};

/// Error: Corrupt `corrupt_record`.
Result<Whose> whose(const Scene& scene, const chains::evm::Address& address);

}  // namespace settled::daemon::explain
