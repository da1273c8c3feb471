#include "daemon/process/checkpoint_key.hpp"

#include "ledger/proof/note.hpp"

namespace settled::daemon::process {

std::string book_name(const std::string& public_url) {
  const std::size_t scheme = public_url.find("://");
  const std::string name =
      (scheme == std::string::npos ? public_url : public_url.substr(scheme + 3)) + "/book";
  return proof::is_key_name(name) ? name : "settled/book";
}

}  // namespace settled::daemon::process
