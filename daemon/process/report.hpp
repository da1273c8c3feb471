#pragma once

#include <memory>
#include <vector>

#include "daemon/health/health.hpp"
#include "daemon/process/chain_service.hpp"
#include "daemon/webhooks/deliverer.hpp"
#include "ledger/book.hpp"

namespace settled::daemon::process {

/// What the parts of the process say of themselves, for health and metrics.
health::Report report_of(const std::vector<std::unique_ptr<ChainService>>& chains,
                         const webhooks::Deliverer& deliverer, const ledger::Book& book, Time now);

}  // namespace settled::daemon::process
