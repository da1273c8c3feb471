#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/http/message.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::http {

/// The request ids of one server: `req_` and 26 characters that sort by time.
class RequestIds {
 public:
  RequestIds(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string next();

 private:
  static constexpr std::size_t kEntropyBytes = 10;  // what IdSequence wants for one id

  const Clock& clock_;
  Random& random_;
  IdSequence sequence_;
  std::array<std::uint8_t, 64 * kEntropyBytes> pool_{};
  std::size_t used_ = pool_.size();
};

/// "Sat, 21 Nov 2026 01:37:52 GMT" (RFC 9110 section 5.6.7), made anew once a second.
class DateText {
 public:
  std::string_view at(Time now);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

enum class Framing {
  Length,   ///< Content-Length
  Chunked,  ///< Transfer-Encoding: chunked
  Close,    ///< the end of the connection ends the body
};

struct HeadContext {
  std::string_view request_id;
  std::string_view date;
  bool http_1_1 = true;
  bool keep_alive = false;
  Framing framing = Framing::Length;
};

/// Appends status line and header fields to `out`. Error: Internal `invalid_response_header` where
/// a field of the response would end its line; `out` is then as before.
Status write_head(const Response& response, const HeadContext& context, std::string& out);

}  // namespace settled::daemon::http
