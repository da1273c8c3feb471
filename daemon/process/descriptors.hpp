#pragma once

#include <cstddef>

#include "ledger/types/result.hpp"

/// File descriptors: what each part may hold, so that all of them together stay below the limit of
/// the process. A store that cannot open a file is poisoned and ends the process, so no number of
/// connections may come near.
namespace settled::daemon::process {

/// Raises the soft limit of open files to the hard one, and returns it.
/// Error: Unavailable `no_descriptor_limit`.
Result<std::size_t> raise_descriptor_limit();

struct DescriptorNeeds {
  std::size_t limit = 0;             ///< open files that the process may have
  std::size_t node_connections = 0;  ///< most to nodes at a time
  std::size_t ops_connections = 0;   ///< most to the operations' own listener
};

struct DescriptorPlan {
  std::size_t inbound = 0;        ///< connections of clients that are served
  std::size_t refused = 0;        ///< and of those being told 503
  std::size_t webhooks = 0;       ///< attempts under way
  std::size_t idle_webhooks = 0;  ///< connections kept to receivers
  bool shrunk = false;            ///< less than wanted
  bool operator==(const DescriptorPlan&) const = default;
};

/// What is wanted where the limit allows it, or less, inbound connections before all. Pure.
/// Error: Unavailable `too_few_descriptors` where not even the least fits.
Result<DescriptorPlan> plan_descriptors(const DescriptorNeeds& needs);

}  // namespace settled::daemon::process
