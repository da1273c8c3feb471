#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "chains/http/client.hpp"
#include "chains/rpc/fields.hpp"
#include "chains/rpc/json_rpc.hpp"
#include "chains/rpc/log_fields.hpp"
#include "chains/transfers.hpp"
#include "daemon/deposits/deposits.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/side.hpp"

// Following chains: a long way of blocks caught up with by the daemon's own parts, and the same
// answers merely downloaded; a mainnet block's logs decoded and matched.
//
//   bench_chains backfill URL TOKEN TO FOLDER      one line of JSON with both
//   bench_chains logs_json_mb_s FILE

namespace settled::bench {
namespace {

namespace asio = boost::asio;
namespace http = chains::http;
namespace pb = ledger::pb;
using chains::evm::Address;

constexpr unsigned kWatched = 100;
constexpr std::size_t kDownloadsAtOnce = chains::ReadAhead::kRangesAtOnce;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

/// The kB that /proc/self/status tells under `name`, as MB.
double memory_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

/// Address number N of those that the chain's generator pays now and then.
Address watched(unsigned number) {
  Address out;
  out.bytes.fill(0xAA);
  out.bytes[19] = static_cast<std::uint8_t>(number);
  return out;
}

/// Keeps what is asked, so that it can be asked again.
class RecordingTransport final : public http::Transport {
 public:
  explicit RecordingTransport(http::Transport& inner) : inner_(inner) {}
  http::Task<Result<http::Response>> send(http::Request request, http::Limits limits) override {
    requests.push_back(request);
    auto response = co_await inner_.send(std::move(request), limits);
    if (response) bytes += response->body.size();
    co_return response;
  }
  std::vector<http::Request> requests;
  std::size_t bytes = 0;

 private:
  http::Transport& inner_;
};

struct Run {
  double seconds = 0;
  double cpu_seconds = 0;
  double bytes = 0;
};

chains::ChainSettings chain_settings(const std::string& url, const std::string& token) {
  chains::ChainSettings out;
  out.name = "anvil";
  out.chain_id = 31337;
  out.confirmations = 2;
  out.poll_interval = std::chrono::milliseconds{100};
  out.start_block = 0;
  out.nodes = {{.url = url}};
  out.tokens = {{.symbol = "USDC",
                 .currency = "USDC",
                 .address = must(chains::evm::parse_address(token)),
                 .decimals = 6}};
  return out;
}

void derive(ledger::Book& book) {
  pb::Command command;
  pb::AddDepositAddresses& add = *command.mutable_add_deposit_addresses();
  add.set_xpub_id("bench");
  for (unsigned i = 0; i < kWatched; ++i) add.add_addresses(watched(i).raw());
  must(book.apply(std::move(command)));
}

http::Task<void> until_at(const daemon::deposits::Deposits* deposits, std::uint64_t to,
                          std::vector<double>* memory, asio::io_context* io) {
  asio::steady_timer timer(*io);
  for (;;) {
    const auto& head = deposits->status().head;
    if (head && head->number >= to) break;
    memory->push_back(memory_mb("VmRSS"));
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(kAsTuple);
  }
  io->stop();
}

struct Followed {
  Run run;
  std::vector<http::Request> requests;
  std::vector<double> memory;
  std::uint64_t transfers = 0;
  std::uint64_t commands = 0;
};

Followed follow(const std::string& url, const std::string& token, std::uint64_t to,
                const std::filesystem::path& folder) {
  const SystemClock clock;
  SystemRandom random;
  const auto store = must(ledger::store::open_leveldb(folder, {}));
  const auto book = must(ledger::Book::open(*store, clock, random, {}));
  derive(*book);
  asio::io_context io;
  const auto client = must(http::Client::create(io.get_executor(), {}));
  RecordingTransport transport(*client);
  chains::rpc::NodePool nodes(transport, clock, random,
                              {.chain_id = 31337, .nodes = {{.name = "anvil", .url = url}}});
  daemon::deposits::Deposits deposits(io.get_executor(), *book, chain_settings(url, token), nodes,
                                      clock, {});
  Followed out;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  asio::co_spawn(io, deposits.run(), [](std::exception_ptr, const Status&) {});
  asio::co_spawn(io, until_at(&deposits, to, &out.memory, &io), [](std::exception_ptr) {});
  io.run();
  out.run = {seconds_since(begin), cpu_seconds() - cpu_before,
             static_cast<double>(transport.bytes)};
  out.requests = std::move(transport.requests);
  out.transfers = book->head().entry_sequence();
  out.commands = book->head().sequence();
  return out;
}

http::Task<void> download(http::Transport* transport, std::vector<http::Request>* requests,
                          std::size_t* next, std::size_t* bytes) {
  while (*next < requests->size()) {
    http::Request request = (*requests)[(*next)++];
    const http::Limits limits{std::size_t{64} << 20, std::chrono::seconds(60)};
    const http::Response response = must(co_await transport->send(std::move(request), limits));
    *bytes += response.body.size();
  }
}

Run download_all(std::vector<http::Request> requests) {
  asio::io_context io;
  const auto client = must(http::Client::create(io.get_executor(), {}));
  std::size_t next = 0;
  std::size_t bytes = 0;
  std::size_t ended = 0;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  for (std::size_t i = 0; i < kDownloadsAtOnce; ++i) {
    asio::co_spawn(io, download(client.get(), &requests, &next, &bytes), [&](std::exception_ptr) {
      if (++ended == kDownloadsAtOnce) io.stop();
    });
  }
  io.run();
  return {seconds_since(begin), cpu_seconds() - cpu_before, static_cast<double>(bytes)};
}

void backfill(const std::string& url, const std::string& token, std::uint64_t to,
              const std::filesystem::path& folder) {
  const Followed followed = follow(url, token, to, folder);
  const Run bare = download_all(followed.requests);
  const auto& memory = followed.memory;
  const std::size_t quarter = memory.size() / 4;
  nlohmann::json out = {
      {"seconds", followed.run.seconds},
      {"cpu_seconds", followed.run.cpu_seconds},
      {"download_seconds", bare.seconds},
      {"download_cpu_seconds", bare.cpu_seconds},
      {"answer_mb", followed.run.bytes / 1e6},
      {"download_mb", bare.bytes / 1e6},
      {"requests", followed.requests.size()},
      {"entries", followed.transfers},
      {"commands", followed.commands},
      {"rss_quarter_mb", memory.empty() ? 0 : memory[quarter]},
      {"rss_end_mb", memory.empty() ? 0 : memory.back()},
      {"rss_peak_mb", memory_mb("VmHWM")},
  };
  std::cout << out.dump() << '\n';
}

/// The answer of eth_getLogs in the file: the second of a batch.
std::string logs_answer(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) return {};
  return nlohmann::json::parse(stream).at(1).at("result").dump();
}

void logs_json(const std::string& path) {
  constexpr double kSeconds = 6;
  const std::string logs = logs_answer(path);
  if (logs.empty()) {
    std::cerr << "logs_json_mb_s: skipped, no vectors at " << path << '\n';
    return;
  }
  std::string body = R"([{"jsonrpc":"2.0","id":1,"result":)" + logs + "}]";
  std::vector<chains::TokenSettings> tokens(2);
  tokens[0] = {
      .symbol = "USDT",
      .currency = "USDT",
      .address = must(chains::evm::parse_address("0xdAC17F958D2ee523a2206206994597C13D831ec7")),
      .decimals = 6};
  tokens[1] = {
      .symbol = "USDC",
      .currency = "USDC",
      .address = must(chains::evm::parse_address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48")),
      .decimals = 6};
  std::unordered_set<Address, FixedBytesHash> ours;
  for (unsigned i = 0; i < kWatched; ++i) ours.insert(watched(i));
  std::size_t asked = 0;
  const chains::Wanted wanted = [&](const Address& from, const Address& to) {
    ++asked;
    return ours.contains(to) || ours.contains(from);
  };
  std::size_t rounds = 0;
  std::size_t found = 0;
  std::size_t count = 0;
  const double cpu_before = cpu_seconds();
  while (cpu_seconds() - cpu_before < kSeconds) {
    const auto documents = must(chains::rpc::match_documents(body, 1, 1));
    const auto read =
        must(chains::rpc::read_logs(chains::rpc::fields::root(documents.front().value())));
    for (const chains::rpc::Log& log : read) {
      if (must(chains::transfer_of(log, tokens, wanted))) ++found;
    }
    count += read.size();
    ++rounds;
  }
  const double cpu = cpu_seconds() - cpu_before;
  const double mb = static_cast<double>(body.size()) * static_cast<double>(rounds) / 1e6;
  std::cerr << "logs_json_mb_s: " << mb / cpu << " MB of JSON a second of one core, "
            << static_cast<double>(count) / cpu << " logs; 1 GB takes " << 1'000 * cpu / mb
            << " s (" << asked / rounds << " transfers of a block looked up, " << found
            << " found)\n";
  std::cout << to_json({"logs_json_mb_s",
                        mb / cpu,
                        "MB/s",
                        1'000.0 / 12,
                        {{"seconds_per_gb", 1'000 * cpu / mb},
                         {"logs_per_s", static_cast<double>(count) / cpu}}})
            << "\n";
}

}  // namespace
}  // namespace settled::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 5 && arguments[0] == "backfill") {
    settled::bench::backfill(arguments[1], arguments[2], std::stoull(arguments[3]), arguments[4]);
  } else if (arguments.size() == 2 && arguments[0] == "logs_json_mb_s") {
    settled::bench::logs_json(arguments[1]);
  } else {
    std::cerr << "bench_chains backfill URL TOKEN TO FOLDER | logs_json_mb_s FILE\n";
    return 2;
  }
  return 0;
}
