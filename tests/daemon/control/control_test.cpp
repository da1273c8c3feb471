#include "daemon/control/control.hpp"

#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/temp_directory.hpp"

namespace settled::daemon::control {
namespace {

using Json = nlohmann::json;

Task<Result<Json>> echo(Json request, Tell tell) {
  if (request.value("command", "") == "refuse") {
    co_return fail(Errc::Conflict, "not_now", "come back later");
  }
  if (request.value("command", "") == "slow") {
    for (int i = 0; i < 100; ++i) CO_TRY_OK(co_await tell("step " + std::to_string(i)));
    co_return Json("done");
  }
  if (request.value("command", "") == "long") co_return Json(std::string(200'000, 'x'));
  co_return Json{{"you_said", request}};
}

/// A server on a thread of its own, as the daemon is for the command line.
class Running {
 public:
  explicit Running(const std::filesystem::path& socket)
      : server_(io_.get_executor(), socket, echo) {
    listening = server_.listen();
    if (!listening) return;
    boost::asio::co_spawn(
        io_, server_.run(),
        boost::asio::bind_cancellation_slot(cancel_.slot(), [](const std::exception_ptr&) {}));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Running() {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this] { cancel_.emit(boost::asio::cancellation_type::terminal); });
    thread_.join();
  }

  Status listening;

 private:
  boost::asio::io_context io_{1};
  boost::asio::cancellation_signal cancel_;
  Server server_;
  std::thread thread_;
};

sockaddr_un address_of(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

int connect_to(const std::filesystem::path& socket) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(descriptor >= 0);
  const sockaddr_un address = address_of(socket);
  REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return descriptor;
}

int listen_at(const std::filesystem::path& socket) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(descriptor >= 0);
  const sockaddr_un address = address_of(socket);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(descriptor, 1) == 0);
  return descriptor;
}

/// Sends bytes as they are, and reads until the other side closes.
std::string raw_exchange(const std::filesystem::path& socket, const std::string& bytes) {
  const int descriptor = connect_to(socket);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n < 0) break;
    sent += static_cast<std::size_t>(n);
  }
  ::shutdown(descriptor, SHUT_WR);
  std::string answer;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(descriptor, buffer, sizeof(buffer));
    if (n <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(descriptor);
  return answer;
}

TEST_CASE("a request is answered by the daemon") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  REQUIRE(running.listening.has_value());
  const Json request = {{"command", "keys.list"}, {"text", "gr\u00fc\u00dfe \n"}};
  const auto answer = ask(socket, request);
  REQUIRE(answer.has_value());
  REQUIRE(answer->has_value());
  CHECK((**answer)["you_said"] == request);
}

TEST_CASE("long work says how far it is before it answers") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  std::vector<std::string> heard;
  const auto answer = ask(socket, {{"command", "slow"}},
                          [&](const std::string& progress) { heard.push_back(progress); });
  CHECK(**answer == "done");
  REQUIRE(heard.size() == 100);
  CHECK(heard.front() == "step 0");
  CHECK(heard.back() == "step 99");
  CHECK(**ask(socket, {{"command", "slow"}}) == "done");  // who does not listen is answered as well
}

TEST_CASE("one who connects and says nothing does not keep others waiting") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  const int silent = connect_to(socket);
  CHECK((**ask(socket, {{"command", "a"}}))["you_said"]["command"] == "a");
  ::close(silent);
}

TEST_CASE("connections are served one after the other") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  for (int i = 0; i < 20; ++i) {
    const auto answer = ask(socket, {{"command", std::to_string(i)}});
    REQUIRE(answer.has_value());
    CHECK((**answer)["you_said"]["command"] == std::to_string(i));
  }
}

TEST_CASE("a refusal keeps its code, its reason and its words") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  const auto answer = ask(socket, {{"command", "refuse"}});
  REQUIRE(!answer.has_value());
  CHECK(answer.error() == Error{Errc::Conflict, "not_now", "come back later"});
}

TEST_CASE("an answer may be much longer than a request") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  const auto answer = ask(socket, {{"command", "long"}});
  REQUIRE(answer.has_value());
  CHECK((*answer)->get<std::string>().size() == 200'000);
}

TEST_CASE("the socket is its owner's alone and goes with the server") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  {
    const Running running(socket);
    struct stat info{};
    REQUIRE(::stat(socket.c_str(), &info) == 0);
    CHECK(S_ISSOCK(info.st_mode));
    CHECK((info.st_mode & 07777U) == 0600);
  }
  CHECK(!std::filesystem::exists(socket));
}

TEST_CASE("where there is no socket, nobody is asked") {
  const tests::TempDirectory directory;
  const auto answer = ask(directory.path() / "control.sock", {{"command", "keys.list"}});
  REQUIRE(answer.has_value());
  CHECK(!answer->has_value());
}

TEST_CASE("a socket that a killed daemon left behind is nobody, and is replaced") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const auto kept = directory.path() / "kept.sock";
  {
    const Running running(socket);
    std::filesystem::create_hard_link(socket, kept);  // the file stays when the server is gone
  }
  std::filesystem::rename(kept, socket);
  const auto nobody = ask(socket, {{"command", "keys.list"}});
  REQUIRE(nobody.has_value());
  CHECK(!nobody->has_value());
  const Running running(socket);
  REQUIRE(running.listening.has_value());
  CHECK(ask(socket, {{"command", "a"}})->has_value());
}

TEST_CASE("a path that no socket can have is refused, and nobody is there to ask") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / std::string(150, 'd');
  const Running running(socket);
  REQUIRE(!running.listening.has_value());
  CHECK(running.listening.error().reason == "cannot_listen");
  std::ofstream(socket) << "a file";
  const auto answer = ask(socket, {{"command", "a"}});
  REQUIRE(answer.has_value());
  CHECK(!answer->has_value());
}

TEST_CASE("a line that is not a JSON object is refused, and the next one is served") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  for (const char* line : {"hello\n", "[]\n", "1\n", "\n", "{\"command\":\n", "{} {}\n"}) {
    INFO(line);
    const Json answer = Json::parse(raw_exchange(socket, line));
    CHECK(answer["error"]["reason"] == "invalid_request");
  }
  CHECK(Json::parse(raw_exchange(socket, "no line at all"))["error"]["reason"] == "control_closed");
  CHECK(ask(socket, {{"command", "a"}})->has_value());
}

TEST_CASE("a line that is too long is refused, and the next one is served") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Running running(socket);
  const auto answer = ask(socket, {{"command", std::string(200'000, 'x')}});
  REQUIRE(!answer.has_value());
  CHECK(answer.error().reason == "invalid_request");
  CHECK(ask(socket, {{"command", "a"}})->has_value());
}

TEST_CASE("an answer is heard though the daemon closed before it had read the request") {
  const tests::TempDirectory directory;
  const auto socket = directory.path() / "control.sock";
  const Json request = {{"command", std::string(500'000, 'x')}};  // more than the kernel buffers
  for (const bool answers : {true, false}) {
    const int listener = listen_at(socket);
    std::thread daemon([&] {
      const int peer = ::accept(listener, nullptr, nullptr);
      char first;
      static_cast<void>(::recv(peer, &first, 1, MSG_WAITALL));
      const std::string_view answer = R"({"error":{"code":0,"reason":"too_much","detail":""}})"
                                      "\n";
      if (answers) ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(peer);
    });
    const auto answer = ask(socket, request);
    daemon.join();
    ::close(listener);
    std::filesystem::remove(socket);
    REQUIRE(!answer.has_value());
    CHECK(answer.error().reason == (answers ? "too_much" : "control_closed"));
  }
}

}  // namespace
}  // namespace settled::daemon::control
