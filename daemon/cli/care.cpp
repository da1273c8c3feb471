#include "daemon/cli/print.hpp"
#include "daemon/payouts/hold.hpp"
#include "daemon/process/outside.hpp"
#include "daemon/webhooks/outbox.hpp"
#include "ledger/keys.hpp"
#include "ledger/repair.hpp"
#include "ledger/restore.hpp"
#include "ledger/store/leveldb_store.hpp"

/// Commands that put books in their place again. They need the data directory for themselves.
namespace settled::daemon::cli {
namespace {

using ledger::Manifest;

/// Those up to the backup's end: it must agree with them. The others are what it lacks.
std::vector<proof::Checkpoint> up_to(std::vector<proof::Checkpoint> all, std::uint64_t sequence) {
  std::erase_if(all, [&](const proof::Checkpoint& each) { return each.sequence > sequence; });
  return all;
}

Status tell_held_payouts(const std::filesystem::path& data_dir) {
  TRY(const auto books, ledger::store::open_leveldb(ledger::book_directory(data_dir), {}));
  const std::string prefix = ledger::keys::Key(ledger::keys::Table::OpenPayout);
  std::vector<std::string> open;
  TRY_OK(books->scan(prefix, ledger::store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view) {
                       const auto id = key.substr(key.size() - IdBytes::kSize);
                       open.push_back(PayoutId::from_raw(id).to_string());
                       return true;
                     }));
  print(
      "payouts are held: what was done after the backup is not known here. Compare those that are "
      "open with the chain, then: settled payouts release");
  for (const std::string& id : open) print("open payout " + id);
  return {};
}

Result<process::Outside> look_outside(const config::Settings& settings,
                                      const RestoreOptions& options) {
  if (options.new_checkpoints) return process::look_at_tail(settings.ledger.checkpoint_dir);
  return process::look_outside(settings.ledger.checkpoint_dir, process::key_of(settings));
}

Status restore_books(const std::filesystem::path& config, const RestoreOptions& options) {
  TRY(const config::Settings settings, config::load(config));
  const auto& data_dir = settings.daemon.data_dir;
  const auto& witness_dir = settings.ledger.checkpoint_dir;
  TRY(const process::Outside known, look_outside(settings, options));
  TRY(const Manifest manifest, ledger::read_manifest(options.from));
  TRY_OK(ledger::allow_loss(manifest, known.last(), options.accept_loss));
  ledger::RestoreSource source{options.from, data_dir,
                               up_to(process::checkpoints_of(known.notes), manifest.sequence)};
  // Nothing was acknowledged after the newest backup: no payout of it can have been paid since.
  const bool hold = !known.ends_with(manifest);
  if (hold) source.rows.put(payouts::hold_key(), to_rfc3339(manifest.made));
  TRY(ledger::Restore restore, ledger::Restore::prepare(std::move(source), tell_progress()));
  if (options.new_checkpoints) {
    TRY_OK(process::start_anew(witness_dir, manifest));
  } else {
    TRY(const auto books, ledger::store::open_leveldb(restore.built(), {}));
    TRY_OK(process::take_over(witness_dir, known, *books, manifest, process::key_of(settings)));
  }
  TRY_OK(restore.swap());
  print("restored commands 1 to " + std::to_string(manifest.sequence) + ", the last of " +
        to_rfc3339(manifest.time) + ", into " + data_dir.string());
  if (known.last() > manifest.sequence) {
    print("lost: commands " + std::to_string(manifest.sequence + 1) + " to " +
          std::to_string(known.last()));
  }
  return hold ? tell_held_payouts(data_dir) : Status{};
}

Result<std::optional<std::string>> keep(std::string_view key, std::string_view value,
                                        const ledger::pb::Head& head,
                                        const ledger::store::Reader& repaired) {
  return webhooks::refit(key, value, head, repaired);
}

Status repair_books(const std::filesystem::path& config, const std::filesystem::path& to) {
  TRY(const config::Settings settings, config::load(config));
  TRY(const process::Outside known,
      process::look_outside(settings.ledger.checkpoint_dir, process::key_of(settings)));
  const SystemClock clock;
  ledger::RepairSource source;
  source.books = ledger::book_directory(settings.daemon.data_dir);
  source.checkpoints = process::checkpoints_of(known.notes);
  source.acknowledged = known.last();
  source.keep = keep;
  source.made = clock.now();
  TRY(const ledger::Repaired made, ledger::repair(source, to, tell_progress()));
  const std::uint64_t last = made.manifest.sequence;
  print("repaired: commands 1 to " + std::to_string(last) + ", the last of " +
        to_rfc3339(made.manifest.time) + ", in " + to.string());
  if (made.last_known > last) {
    print("cut off: commands " + std::to_string(last + 1) + " to " +
          std::to_string(made.last_known) + " were written and are lost");
  } else {
    print("cut off: nothing of which there is a trace");
  }
  print("rows outside the log: " + std::to_string(made.rows_kept) + " kept, " +
        std::to_string(made.rows_dropped) + " dropped");
  print("next: move the damaged directory away, then settled restore --config " + config.string() +
        " --from " + to.string());
  return {};
}

int ended(const Status& status) {
  return status ? kOk : report(status.error());
}

}  // namespace

int restore(const std::filesystem::path& config, const RestoreOptions& options) {
  return ended(restore_books(config, options));
}

int repair(const std::filesystem::path& config, const std::filesystem::path& to) {
  return ended(repair_books(config, std::filesystem::absolute(to)));
}

}  // namespace settled::daemon::cli
