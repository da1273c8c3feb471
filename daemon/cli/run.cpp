#include <boost/version.hpp>
#include <openssl/crypto.h>

#include "daemon/cli/print.hpp"
#include "daemon/process/process.hpp"

namespace settled::daemon::cli {

int run_daemon(const std::filesystem::path& config) {
  auto settings = config::load(config);
  if (!settings) return report(settings.error());
  auto process = process::Process::open(*std::move(settings));
  if (!process) {
    const Error& error = process.error();
    std::fprintf(stderr, "settled: %s: %s\n", error.reason.c_str(), error.detail.c_str());
    const bool settings_at_fault = error.reason == "invalid_extended_key" ||
                                   error.reason == "wrong_passphrase" ||
                                   error.reason == "invalid_keystore";
    return settings_at_fault ? kBadSettings : kFailed;
  }
  return (*process)->run();
}

int version() {
  print("settled " SETTLED_VERSION);
  print("Boost " BOOST_LIB_VERSION ", " + std::string(OpenSSL_version(OPENSSL_VERSION)));
  return kOk;
}

}  // namespace settled::daemon::cli
