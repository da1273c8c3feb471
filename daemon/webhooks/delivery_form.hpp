#pragma once

#include "daemon/webhooks/delivery.pb.h"

/// In the record's own namespace, where ledger::parse_record looks for it.
namespace settled::daemon::webhooks::pb {

/// What a stored delivery's fields must be for the code that uses them, as ledger/record_form.hpp
/// says of the book's: what the outbox writes is always so. Pure; any thread.
bool is_whole(const Delivery& record);

}  // namespace settled::daemon::webhooks::pb
