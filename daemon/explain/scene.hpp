#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/follower.hpp"
#include "chains/rpc/types.hpp"
#include "chains/settings.hpp"
#include "daemon/render/render.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::explain {

/// A followed chain at this moment.
struct ChainNow {
  const chains::ChainSettings* settings = nullptr;  ///< outlives this
  chains::FollowStatus status = {};
  /// What its nodes tell of the transaction that is asked about; nothing where none was asked for.
  std::optional<Result<chains::rpc::SeenTransaction>> seen = {};
};

/// Who asks: an object that they do not see does not exist in what they are told.
struct Viewer {
  std::string merchant;  ///< raw id; empty: the platform, which sees all
  bool is_platform() const { return merchant.empty(); }
  bool sees(std::string_view owner) const { return is_platform() || owner == merchant; }
};

/// All that an explanation is made from.
struct Scene {
  const ledger::store::Reader& books;
  const std::vector<ChainNow>& chains;
  const std::vector<chains::evm::Address>& signers;
  const Viewer& viewer;
  const render::Context& context;
  /// Why a queued payout (raw id) is not sent yet.
  const std::function<std::optional<std::string>(std::string_view payout)>& waiting_for;

  const ChainNow* chain(std::string_view name) const;
};

}  // namespace settled::daemon::explain
