#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/print.hpp"
#include "daemon/control/control.hpp"
#include "daemon/process/export_piece.hpp"
#include "ledger/store/leveldb_store.hpp"

/// `settled export`: pieces of the books from the daemon, or from the store where none runs, into a
/// file that is there whole or not at all.
namespace settled::daemon::cli {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

/// Where the pieces come from. The first answer decides: between two pieces the books do not change
/// hands.
class Books {
 public:
  explicit Books(fs::path data_dir) : data_dir_(std::move(data_dir)) {}

  Result<Json> ask(const Json& request) {
    if (!store_) {
      TRY(auto answer, control::ask(data_dir_ / "control.sock", request));
      if (answer) {
        asked_daemon_ = true;
        return *std::move(answer);
      }
      if (asked_daemon_) {
        return fail(Errc::Unavailable, "daemon_stopped", "the daemon stopped meanwhile: try again");
      }
      TRY_OK(open_store());
    }
    return process::export_piece(request, *store_);
  }

 private:
  Status open_store() {
    const fs::path book = data_dir_ / "book";
    if (!fs::exists(book)) {
      return fail(Errc::NotFound, "no_books", "there are no books in " + data_dir_.string());
    }
    auto store = ledger::store::open_leveldb(book, {});
    if (!store) return std::unexpected(store.error());
    store_ = *std::move(store);
    return {};
  }

  fs::path data_dir_;
  bool asked_daemon_ = false;
  std::unique_ptr<ledger::store::Store> store_;
};

/// FILE.part until it is whole and on the disk, then FILE. Mode 0600. Without `finish` nothing is
/// left.
class NewFile {
 public:
  explicit NewFile(const fs::path& path) : path_(path), part_(path.string() + ".part") {}
  ~NewFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(part_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Status open() {
    constexpr mode_t kOwnerOnly = 0600;
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (descriptor_ < 0 && errno == EEXIST) {
      return fail(Errc::Conflict, "file_exists",
                  part_ + " exists: another export writes it, or was interrupted; then remove it");
    }
    return descriptor_ < 0 ? failed(part_) : Status{};
  }

  Status write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed(part_);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status finish() {
    if (::fsync(descriptor_) != 0) return failed(part_);
    if (::rename(part_.c_str(), path_.c_str()) != 0) return failed(path_.string());
    ::close(descriptor_);
    descriptor_ = -1;
    return sync_folder();
  }

 private:
  Status sync_folder() const {
    const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return failed(folder.string());
    const bool synced = ::fsync(opened) == 0;
    const Status out = synced ? Status{} : failed(folder.string());
    ::close(opened);
    return out;
  }
  static std::unexpected<Error> failed(const std::string& what) {
    return fail(Errc::Unavailable, "cannot_write", what + ": " + std::strerror(errno));
  }

  fs::path path_;
  std::string part_;
  int descriptor_ = -1;
};

Result<std::uint64_t> write_export(const config::Settings& settings, const ExportOptions& options) {
  Json request = {{"command", "export"},           {"format", options.format},
                  {"merchant", options.merchant},  {"currency", options.currency},
                  {"from", options.from},          {"until", options.until},
                  {"livemode", settings.livemode}, {"place", ""}};
  Books books(settings.daemon.data_dir);
  NewFile file(options.to);
  std::uint64_t bytes = 0;
  for (bool first = true; first || request["place"] != ""; first = false) {
    TRY(const Json piece, books.ask(request));
    if (first) TRY_OK(file.open());
    const std::string text = piece.at("text").get<std::string>();
    TRY_OK(file.write(text));
    bytes += text.size();
    request["place"] = piece.at("place");
  }
  TRY_OK(file.finish());
  return bytes;
}

}  // namespace

int export_books(const fs::path& config, const ExportOptions& options) {
  const auto settings = config::load(config);
  if (!settings) return report(settings.error());
  const auto written = write_export(*settings, options);
  if (!written && written.error().reason == "store_locked") {
    return report({Errc::Unavailable, "store_locked",
                   "the daemon has the data directory and does not listen on its control socket; "
                   "it may be starting or stopping: try again"});
  }
  if (!written) return report(written.error());
  print(options.to.string() + ": " + std::to_string(*written) + " bytes");
  return kOk;
}

}  // namespace settled::daemon::cli
