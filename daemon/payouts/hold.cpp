#include "daemon/payouts/hold.hpp"

#include "ledger/keys.hpp"

namespace settled::daemon::payouts {

std::string hold_key() {
  return ledger::keys::Key(ledger::keys::Table::Operational).name("payouts").bytes("held");
}

Result<bool> is_held(const ledger::store::Reader& reader) {
  TRY(const auto row, reader.get(hold_key()));
  return row.has_value();
}

}  // namespace settled::daemon::payouts
