#include "daemon/process/process.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "daemon/async/book.hpp"
#include "daemon/process/admin.hpp"
#include "daemon/process/log.hpp"
#include "daemon/process/report.hpp"

namespace settled::daemon::process {
namespace {

/// SIGTERM to exit: within ten seconds in all.
constexpr std::chrono::milliseconds kServerDrain{4'000};
constexpr std::chrono::milliseconds kWebhookDrain{2'000};
constexpr std::chrono::milliseconds kTasksEnd{2'500};

/// Written beside and renamed, so that a reader never sees half of it.
Status write_listen_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path draft = path.string() + ".new";
  std::ofstream out(draft, std::ios::trunc);
  out << text << '\n';
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(draft, path, error);
  if (!out || error) {
    return fail(Errc::Unavailable, "cannot_write", "cannot write " + path.string());
  }
  return {};
}

}  // namespace

int Process::run() {
  // A write beyond a file size limit is an error of that write, like a full disk, not a death.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = std::make_unique<boost::asio::signal_set>(context_, SIGTERM, SIGINT);
  signals_->async_wait([this](const boost::system::error_code& error, int signal) {
    if (!error) request_stop(0, signal == SIGTERM ? "SIGTERM" : "SIGINT");
  });
  nursery_ = std::make_unique<Nursery>(
      context_.get_executor(), [this](std::string_view task, std::string_view what) {
        log_error(std::string(task) + " failed: " + std::string(what));
        request_stop(1, std::string(task));
      });
  nursery_->spawn("start", start());
  context_.run();
  return exit_code_;
}

Task<void> Process::start() {
  const Status ensured = co_await feed_->ensure(deposits::kFewest);
  if (stopping_) co_return;
  const Status listening = ensured ? listen() : ensured;
  if (!listening) {
    request_stop(1, listening.error().reason + ": " + listening.error().detail);
    co_return;
  }
  for (const auto& chain : chains_) chain->spawn_into(*nursery_);
  nursery_->spawn("webhooks", must_not_end("webhooks", deliverer_->run()));
  nursery_->spawn("deposit addresses", must_not_end("deposit addresses", feed_->run()));
  nursery_->spawn("expiry", must_not_end("expiry", expiry_->run()));
  nursery_->spawn("control socket", control_->run());
  nursery_->spawn("http server", server_->run());
  if (ops_server_) nursery_->spawn("ops server", ops_server_->run());
}

Status Process::listen() {
  const auto& data_dir = settings_.daemon.data_dir;
  const auto open = [](http::Server& server, config::Endpoint endpoint,
                       const std::filesystem::path& file) -> Status {
    TRY(endpoint.port, server.listen(endpoint.host, endpoint.port));
    TRY_OK(write_listen_file(file, config::to_string(endpoint)));
    log_info("listening on " + config::to_string(endpoint));
    return {};
  };
  TRY_OK(control_->listen());
  TRY_OK(open(*server_, settings_.daemon.listen, data_dir / "listen"));
  if (ops_server_) {
    TRY_OK(open(*ops_server_, *settings_.daemon.ops_listen, data_dir / "ops_listen"));
  }
  return {};
}

Task<void> Process::must_not_end(std::string what, Task<Status> task) {
  const Status ended = co_await std::move(task);
  if (!ended && !stopping_) {
    log_error(what + ": " + ended.error().reason + ": " + ended.error().detail);
    request_stop(1, what);
  }
}

void Process::request_stop(int exit_code, std::string why) {
  if (stopping_) return;
  stopping_ = true;
  boost::asio::co_spawn(context_, stop(exit_code, std::move(why)),
                        [this](const std::exception_ptr& thrown) {
                          if (thrown) {
                            log_error("stopping failed");
                            exit_code_ = 1;
                            context_.stop();
                          }
                        });
}

bool Process::stop_if_poisoned() {
  const bool poisoned = book_->poisoned();
  if (poisoned) request_stop(1, "the store is poisoned");
  return poisoned;
}

Task<void> Process::stop(int exit_code, std::string why) {
  exit_code_ = exit_code;
  // The task that asks for the stop may still be on the stack, and others not begun. Asio throws
  // out of the loop when a task is canceled that ends without ever having waited: let all begin.
  co_await boost::asio::post(context_.get_executor(), boost::asio::use_awaitable);
  if (exit_code == 0) {
    log_info("stopping: " + why);
  } else {
    log_error("stopping: " + why);
  }
  for (const auto& chain : chains_) chain->stop();
  co_await server_->drain(kServerDrain);
  if (ops_server_) co_await ops_server_->drain(std::chrono::milliseconds{500});
  co_await deliverer_->drain(kWebhookDrain);
  nursery_->cancel();
  for (const std::string& name : co_await nursery_->join(kTasksEnd)) {
    log_error("did not end in time: " + name);
  }
  signals_->cancel();
  log_info("stopped");
  context_.stop();
}

void Process::on_commit() {
  if (wake_posted_.exchange(true)) return;
  boost::asio::post(context_, [this] {
    wake_posted_ = false;
    deliverer_->wake();
    for (const auto& chain : chains_) chain->wake();
  });
}

Task<Result<nlohmann::json>> Process::control(nlohmann::json request, control::Tell tell) {
  const WorkPlace place{settings_.daemon.data_dir, settings_.ledger.checkpoint_dir,
                        key_of(settings_)};
  CO_TRY(auto work, interpret_work(request, place, clock_));
  if (work) {
    const auto on_snapshot = [this, work = *std::move(work)](const ledger::Watch& watch) {
      return work(*book_->snapshot(), watch);
    };
    co_return co_await long_work_.run(on_snapshot, std::move(tell));
  }
  const std::shared_ptr<ledger::store::Reader> snapshot = book_->snapshot();
  CO_TRY(const AdminRequest asked, interpret(request, *snapshot, random_));
  if (!asked.rows.empty()) {
    CO_TRY_OK(store_->write(asked.rows, ledger::store::Durability::Synced));
    for (const auto& chain : chains_) chain->wake();
  }
  ledger::pb::Reply reply;
  if (asked.command) {
    auto applied = co_await apply(*book_, *asked.command);
    CO_TRY(ledger::Applied done, std::move(applied));
    reply = std::move(done.reply);
  }
  co_return asked.answer(reply);
}

health::Report Process::gather() const {
  health::Report report = report_of(chains_, *deliverer_, *book_, clock_.now());
  if (const auto newest = checkpoints_->newest()) {
    report.checkpoint = {
        newest->checkpoint.sequence,
        std::max<std::int64_t>(0, (to_ms(clock_.now()) - to_ms(newest->checkpoint.time)) / 1'000)};
  }
  report.accepting = !stopping_ && !book_->poisoned();
  report.not_accepting = stopping_ ? "draining" : "poisoned";
  return report;
}

std::optional<std::string> Process::waiting_for(std::string_view payout) const {
  for (const auto& chain : chains_) {
    for (const auto& sender : chain->senders()) {
      if (auto reason = sender->waiting_for(payout)) return reason;
    }
  }
  return std::nullopt;
}

}  // namespace settled::daemon::process
