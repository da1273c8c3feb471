#include "daemon/process/descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <sys/resource.h>
#include <system_error>

#include "ledger/store/leveldb_store.hpp"

namespace settled::daemon::process {
namespace {

constexpr DescriptorPlan kWanted{
    .inbound = 1'024, .refused = 64, .webhooks = 512, .idle_webhooks = 64};
constexpr DescriptorPlan kLeast{.inbound = 64, .refused = 16, .webhooks = 32, .idle_webhooks = 16};

/// Standard streams, the loop's own, sockets that listen, name look-ups, the control socket,
/// backups and whatever else is opened for a moment.
constexpr std::size_t kReserve = 128;

std::size_t sum(const DescriptorPlan& plan) {
  return plan.inbound + plan.refused + plan.webhooks + plan.idle_webhooks;
}

}  // namespace

Result<std::size_t> raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return fail(Errc::Unavailable, "no_descriptor_limit",
                "cannot read the limit of open files: " + std::generic_category().message(errno));
  }
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  // A hard limit that the kernel no longer grants leaves the soft one as it was.
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(limit.rlim_cur);
}

Result<DescriptorPlan> plan_descriptors(const DescriptorNeeds& needs) {
  const std::size_t fixed = kReserve + static_cast<std::size_t>(ledger::store::kMaxOpenFiles) +
                            needs.node_connections + needs.ops_connections;
  if (needs.limit < fixed + sum(kLeast)) {
    return fail(Errc::Unavailable, "too_few_descriptors",
                "the process may open " + std::to_string(needs.limit) + " files and needs " +
                    std::to_string(fixed + sum(kLeast)) + ": raise `ulimit -n` (LimitNOFILE=)");
  }
  if (needs.limit >= fixed + sum(kWanted)) return kWanted;
  // A quarter of what is there beyond the least goes to webhooks, the rest to those who ask.
  const std::size_t spare = needs.limit - fixed - sum(kLeast);
  DescriptorPlan plan = kLeast;
  plan.shrunk = true;
  plan.webhooks = std::min(kWanted.webhooks, kLeast.webhooks + spare / 4);
  plan.inbound =
      std::min(kWanted.inbound, kLeast.inbound + (spare - (plan.webhooks - kLeast.webhooks)));
  return plan;
}

}  // namespace settled::daemon::process
