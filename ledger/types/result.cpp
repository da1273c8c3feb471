#include "ledger/types/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace settled {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::Invalid:
      return "invalid";
    case Errc::NotFound:
      return "not_found";
    case Errc::Conflict:
      return "conflict";
    case Errc::Rejected:
      return "rejected";
    case Errc::Unavailable:
      return "unavailable";
    case Errc::Timeout:
      return "timeout";
    case Errc::Corrupt:
      return "corrupt";
    case Errc::Internal:
      return "internal";
  }
  return "internal";
}

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "INVARIANT broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace settled
