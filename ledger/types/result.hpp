#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace settled {

/// What a caller can do about a failure, not where it came from.
enum class Errc {
  Invalid,      ///< the input is malformed: the caller must change it
  NotFound,     ///< no such object (or not visible to the caller)
  Conflict,     ///< the object's state forbids it
  Rejected,     ///< well-formed, understood and refused (funds, policy)
  Unavailable,  ///< not now: retry later
  Timeout,      ///< no answer in time; the outcome may be unknown
  Corrupt,      ///< stored or received bytes contradict themselves
  Internal,     ///< our own bug
};

std::string_view to_string(Errc code);

/// A failure as a value. `reason` is a stable snake_case word that clients and tests may match on
/// (`insufficient_funds`); `detail` is a sentence for people and never holds a secret.
struct Error {
  Errc code = Errc::Internal;
  std::string reason;
  std::string detail;
  std::string param = {};  ///< the request or settings field at fault, where there is one

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Errc code, std::string reason, std::string detail,
                                   std::string param = {}) {
  return std::unexpected(Error{code, std::move(reason), std::move(detail), std::move(param)});
}

/// Prints `what` with its place to standard error and aborts. For our own bugs, never for input.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace settled

/// Stays on in release builds: a process that contradicts itself must not go on moving money.
#define INVARIANT(expression)                           \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::settled::check_failed(#expression, __FILE__, __LINE__))

#define SETTLED_CONCAT_(a, b) a##b
#define SETTLED_CONCAT(a, b) SETTLED_CONCAT_(a, b)
#define SETTLED_TRY_(keyword, result, declaration, expression)     \
  auto result = (expression);                                      \
  if (!result) keyword std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// TRY(auto x, f()): binds the value of a Result, or returns its error from this function.
#define TRY(declaration, expression) \
  SETTLED_TRY_(return, SETTLED_CONCAT(result_, __LINE__), declaration, expression)
/// The same inside a coroutine.
#define CO_TRY(declaration, expression) \
  SETTLED_TRY_(co_return, SETTLED_CONCAT(result_, __LINE__), declaration, expression)
/// For a Status, or a Result whose value is not wanted.
#define TRY_OK(expression)                                                                         \
  do {                                                                                             \
    if (auto status_ = (expression); !status_) return std::unexpected(std::move(status_).error()); \
  } while (false)
#define CO_TRY_OK(expression)                                \
  do {                                                       \
    if (auto status_ = (expression); !status_)               \
      co_return std::unexpected(std::move(status_).error()); \
  } while (false)
