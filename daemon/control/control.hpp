#pragma once

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
/// {"result": ...} or {"error": {"code", "reason", "detail"}}. Who may open the file may do all.
namespace settled::daemon::control {

using chains::http::Task;

using Answer = std::function<Task<Result<nlohmann::json>>(nlohmann::json request)>;

class Server {
 public:
  Server(const boost::asio::any_io_executor& executor, std::filesystem::path socket, Answer answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Replaces a socket that a killed process left behind. REQUIRES: the data directory is locked.
  Status listen();
  /// Serves one connection after the other until cancelled.
  Task<void> run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Asks the daemon behind `socket`; nothing where none listens. Blocks, at most 30 s.
Result<std::optional<nlohmann::json>> ask(const std::filesystem::path& socket,
                                          const nlohmann::json& request);

}  // namespace settled::daemon::control
