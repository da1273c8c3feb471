#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <nlohmann/json_fwd.hpp>

#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

/// How the command line speaks to the running daemon: a Unix socket of mode 0600 in the data
/// directory. One request per connection: a line of JSON {"command": ..., ...}, answered by a line
/// {"result": ...} or {"error": {"code", "reason", "detail"}}, before which long work may say how
/// far it is, in lines {"progress": "..."}. Who may open the file may do all.
namespace settled::daemon::control {

using chains::http::Task;

/// Tells whoever asked how far the work is, and that it is not dead: at least every
/// `kTellWithin`. An error: nobody listens any more. On the server's thread.
using Tell = std::function<Task<Status>(std::string progress)>;
inline constexpr std::chrono::seconds kTellWithin{5};

using Answer = std::function<Task<Result<nlohmann::json>>(nlohmann::json request, Tell tell)>;

class Server {
 public:
  Server(const boost::asio::any_io_executor& executor, std::filesystem::path socket, Answer answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Replaces a socket that a killed process left behind. REQUIRES: the data directory is locked.
  Status listen();
  /// Serves a few connections at a time until cancelled.
  Task<void> run();

 private:
  struct State;
  Task<void> serve_in_turn();

  std::unique_ptr<State> state_;
};

/// Asks the daemon behind `socket`; nothing where none listens. Blocks, and gives up after 30 s in
/// which not a word came.
Result<std::optional<nlohmann::json>> ask(
    const std::filesystem::path& socket, const nlohmann::json& request,
    const std::function<void(const std::string& progress)>& heard = {});

}  // namespace settled::daemon::control
