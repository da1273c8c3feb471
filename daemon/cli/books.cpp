#include <nlohmann/json.hpp>

#include "daemon/cli/print.hpp"
#include "daemon/control/control.hpp"
#include "daemon/process/admin.hpp"
#include "ledger/book.hpp"
#include "ledger/store/leveldb_store.hpp"

/// Commands about the books: asked of the running daemon, or carried out here where none runs.
namespace settled::daemon::cli {
namespace {

using Json = nlohmann::json;

Result<Json> answer_here(const std::filesystem::path& data_dir, const Json& request) {
  SystemClock clock;
  SystemRandom random;
  TRY(const auto store, ledger::store::open_leveldb(data_dir / "book", {}));
  TRY(const auto book, ledger::Book::open(*store, clock, random, {}));
  const auto snapshot = book->snapshot();
  TRY(const process::AdminRequest asked, process::interpret(request, *snapshot, random));
  if (!asked.rows.empty()) {
    TRY_OK(store->write(asked.rows, ledger::store::Durability::Synced));
  }
  ledger::pb::Reply reply;
  if (asked.command) {
    TRY(const ledger::Applied applied, book->apply(*asked.command));
    reply = applied.reply;
  }
  return asked.answer(reply);
}

/// Work on all of the books, where no daemon has them open.
Result<Json> work_here(const std::filesystem::path& data_dir, const process::BookWork& work) {
  const auto directory = data_dir / "book";
  if (!std::filesystem::exists(directory)) {
    return fail(Errc::NotFound, "no_books", "there are no books in " + directory.string());
  }
  TRY(const auto store, ledger::store::open_leveldb(directory, {}));
  return work(*store->snapshot(), tell_progress());
}

Result<Json> answer(const std::filesystem::path& config_file, const Json& request) {
  TRY(const config::Settings settings, config::load(config_file));
  const auto& data_dir = settings.daemon.data_dir;
  const auto asked = control::ask(data_dir / "control.sock", request, print_progress);
  if (!asked) return std::unexpected(asked.error());
  if (*asked) return **asked;
  const SystemClock clock;
  const process::WorkPlace place{data_dir, settings.ledger.checkpoint_dir,
                                 process::key_of(settings)};
  TRY(const auto work, process::interpret_work(request, place, clock));
  Result<Json> here = work ? work_here(data_dir, *work) : answer_here(data_dir, request);
  if (!here && here.error().reason == "store_locked") {
    return fail(Errc::Unavailable, "store_locked",
                "the daemon has the data directory and does not listen on its control socket; "
                "it may be starting or stopping: try again");
  }
  return here;
}

std::string text_or(const Json& value, const std::string& otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

}  // namespace

int create_key(const std::filesystem::path& config, const KeyOptions& options) {
  const auto made = answer(config, {{"command", "keys.create"},
                                    {"name", options.name},
                                    {"merchant", options.merchant},
                                    {"scopes", options.scopes}});
  if (!made) return report(made.error());
  print((*made)["secret"].get<std::string>());
  return kOk;
}

int list_keys(const std::filesystem::path& config) {
  const auto keys = answer(config, {{"command", "keys.list"}});
  if (!keys) return report(keys.error());
  for (const Json& key : *keys) {
    std::string scopes;
    for (const Json& scope : key["scopes"]) {
      scopes += (scopes.empty() ? "" : ",") + scope.get<std::string>();
    }
    print(key["id"].get<std::string>() + "  " + text_or(key["merchant"], "platform") + "  " +
          scopes + "  created " + key["created"].get<std::string>() + "  revoked " +
          text_or(key["revoked"], "never") + "  " + key["name"].get<std::string>());
  }
  return kOk;
}

int revoke_key(const std::filesystem::path& config, const KeyOptions& options) {
  const auto revoked = answer(config, {{"command", "keys.revoke"}, {"id", options.id}});
  if (!revoked) return report(revoked.error());
  print((*revoked)["id"].get<std::string>() + " revoked " +
        (*revoked)["revoked"].get<std::string>());
  return kOk;
}

int release_payouts(const std::filesystem::path& config) {
  const auto released = answer(config, {{"command", "payouts.release"}});
  if (!released) return report(released.error());
  print((*released)["held"].get<bool>() ? "payouts are sent again" : "payouts were not held");
  return kOk;
}

int verify(const std::filesystem::path& config) {
  const auto verified = answer(config, {{"command", "verify"}});
  if (!verified) return report(verified.error());
  const auto number = [&](const char* name) {
    return std::to_string((*verified)[name].get<std::uint64_t>());
  };
  print("the books are whole: " + number("commands") + " commands, " + number("entries") +
        " entries, " + number("accounts") + " accounts, " + number("checkpoints") +
        " checkpoints; all commands replayed, all rows as the log makes them");
  if ((*verified)["begins_anew"].get<bool>()) {
    print("the record of checkpoints begins anew: those of the key before were not looked at");
  }
  if (const std::string time = (*verified)["time"]; !time.empty()) print("last command " + time);
  print("log hash " + (*verified)["hash"].get<std::string>());
  print("state hash " + (*verified)["state"].get<std::string>());
  return kOk;
}

int backup(const std::filesystem::path& config, const std::filesystem::path& to) {
  const auto made =
      answer(config, {{"command", "backup"}, {"to", std::filesystem::absolute(to).string()}});
  if (!made) return report(made.error());
  print("backup of commands 1 to " + std::to_string((*made)["sequence"].get<std::uint64_t>()) +
        " in " + (*made)["to"].get<std::string>() + ": " +
        std::to_string((*made)["rows"].get<std::uint64_t>()) + " rows, " +
        std::to_string((*made)["bytes"].get<std::uint64_t>()) + " bytes");
  print("log hash " + (*made)["hash"].get<std::string>());
  return kOk;
}

}  // namespace settled::daemon::cli
