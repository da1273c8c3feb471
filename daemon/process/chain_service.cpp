#include "daemon/process/chain_service.hpp"

#include <algorithm>

#include "chains/http/url.hpp"

namespace settled::daemon::process {
namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{5'000};
constexpr std::chrono::seconds kRecheck{3};
constexpr std::chrono::seconds kSweep{10};

/// A node's name tells host and port alone: providers put API keys into paths and queries.
std::string public_name(const std::string& url) {
  const auto parsed = chains::http::parse_url(url);
  return parsed ? parsed->authority() : "node";
}

chains::rpc::NodePool::Settings pool_settings(const chains::ChainSettings& chain,
                                              Incidents& incidents) {
  chains::rpc::NodePool::Settings settings;
  settings.chain_id = chain.chain_id;
  settings.on_forgery = [&incidents, chain = chain.name](const std::string& node,
                                                         const Error& error) {
    incidents.report(
        {"node_forged", "set aside: " + error.reason + ": " + error.detail, chain, node});
  };
  settings.on_incident = [&incidents, chain = chain.name](const std::string& node,
                                                          const Error& error) {
    incidents.report({error.reason, error.detail, chain, node});
  };
  settings.min_agreeing_nodes = chain.min_agreeing_nodes;
  for (const chains::NodeSettings& node : chain.nodes) {
    chains::rpc::Endpoint endpoint;
    endpoint.name = public_name(node.url);
    endpoint.url = node.url;
    endpoint.headers = node.headers;
    endpoint.lane = chain.name;
    endpoint.max_requests_per_second = node.max_requests_per_second;
    settings.nodes.push_back(std::move(endpoint));
  }
  return settings;
}

std::vector<chains::evm::Address> addresses_of(const std::vector<wallet::Signer*>& signers) {
  std::vector<chains::evm::Address> out;
  out.reserve(signers.size());
  for (const wallet::Signer* signer : signers) out.push_back(signer->address());
  return out;
}

}  // namespace

ChainService::ChainService(const boost::asio::any_io_executor& executor, Seams seams,
                           chains::ChainSettings settings,
                           const std::vector<wallet::Signer*>& payers)
    : seams_(std::move(seams)),
      settings_(std::move(settings)),
      incidents_(executor, seams_.book, seams_.clock, seams_.log),
      nodes_(seams_.transport, seams_.clock, seams_.random, pool_settings(settings_, incidents_)),
      deposits_(executor, seams_.book, settings_, nodes_, seams_.clock, addresses_of(payers),
                [this](const chains::FollowStatus& status) { tell_of_halt(status); }),
      second_look_(settings_, nodes_, ours()),
      swept_blocks_(seams_.store, settings_, addresses_of(payers), seams_.log),
      later_sweep_(
          settings_, nodes_, ours(),
          [this](const std::string& node, const Error& error) {
            incidents_.report({error.reason, error.detail, settings_.name, node});
          },
          [this](std::uint64_t number) { return book_missed(number); }, swept_blocks_.books()),
      pause_(executor),
      recheck_(executor),
      sweep_(executor) {
  deposits_.tell(later_sweep_);
  for (wallet::Signer* signer : payers) {
    senders_.push_back(std::make_unique<payouts::Sender>(executor, seams_.book, nodes_, settings_,
                                                         *signer, seams_.clock, seams_.log,
                                                         payouts::Sender::Settings{}));
    senders_.back()->hold_while([this] { return is_unbelieved(); });
    opened_.push_back(std::make_unique<Signal>(executor));
  }
  for (const chains::NodeSettings& node : settings_.nodes) {
    if (!node.ws_url || !seams_.open_socket) continue;
    sockets_.push_back(
        {public_name(node.url),
         std::make_unique<chains::rpc::HeadSubscription>(
             executor, seams_.open_socket,
             chains::http::WebSocket::Settings{.url = *node.ws_url, .headers = node.headers},
             [this] { deposits_.wake(); })});
  }
}

std::vector<std::pair<std::string, chains::rpc::HeadSubscription::Health>> ChainService::sockets()
    const {
  std::vector<std::pair<std::string, chains::rpc::HeadSubscription::Health>> out;
  out.reserve(sockets_.size());
  for (const Socket& socket : sockets_) out.emplace_back(socket.node, socket.heads->health());
  return out;
}

void ChainService::spawn_into(Nursery& nursery) {
  nursery.spawn("chain " + settings_.name, follow());
  nursery.spawn("incidents of " + settings_.name, incidents_.run());
  nursery.spawn("nodes of " + settings_.name, recheck_nodes());
  nursery.spawn("later sweep of " + settings_.name, sweep_later());
  for (const Socket& socket : sockets_) {
    nursery.spawn("heads of " + settings_.name + " by " + socket.node, socket.heads->run());
  }
  for (const auto& sender : senders_) {
    nursery.spawn("payouts of " + sender->signer_name() + " on " + settings_.name,
                  pay(sender.get()));
  }
}

Task<Result<chains::rpc::SeenTransaction>> ChainService::look_up(chains::evm::TxHash transaction) {
  co_return co_await nodes_.call<chains::rpc::SeenTransaction>(
      [transaction](chains::rpc::Node& node) { return node.transaction(transaction); });
}

void ChainService::stop() {
  for (const auto& sender : senders_) sender->stop();
  for (const Socket& socket : sockets_) socket.heads->stop();
}

void ChainService::wake() {
  for (const auto& sender : senders_) sender->wake();
}

void ChainService::tell_of_halt(const chains::FollowStatus& status) {
  if (status.state != chains::FollowState::Halted) {
    seams_.log("chain " + settings_.name + " is followed again");
    wake();
    return;
  }
  if (status.reason == "finality_violation") {
    incidents_.report({status.reason, status.detail, settings_.name});
  }
  seams_.log("chain " + settings_.name +
             " is halted, its credits and payouts stop: " + status.reason + ": " + status.detail);
}

bool ChainService::is_unbelieved() const {
  const chains::FollowStatus& status = deposits_.status();
  return status.state == chains::FollowState::Halted || !status.recognised;
}

void ChainService::note(const Error& error) {
  if (opening_error_ != error) {
    seams_.log("chain " + settings_.name + " is not followed: " + error.reason + ": " +
               error.detail);
  }
  opening_error_ = error;
}

Task<Status> ChainService::open() {
  CO_TRY_OK(co_await deposits_.open());
  // Opening balances are those of the head block, so they come before any further block does.
  for (const auto& sender : senders_) CO_TRY_OK(co_await sender->open());
  co_return Status{};
}

Task<void> ChainService::follow() {
  const Status started = co_await nodes_.start();
  if (!started) note(started.error());
  for (auto pause = kFirstPause; !open_; pause = std::min(2 * pause, kLongestPause)) {
    const Status opened = co_await open();
    if (opened) {
      open_ = true;
      break;
    }
    note(opened.error());
    if (seams_.book.poisoned()) co_return;
    co_await pause_.wait(pause);
  }
  opening_error_.reset();
  seams_.log("chain " + settings_.name + " is followed");
  for (const auto& signal : opened_) signal->ring();
  const Status ended = co_await deposits_.run();
  if (!ended) seams_.log("chain " + settings_.name + " ended: " + ended.error().detail);
}

Task<void> ChainService::pay(payouts::Sender* sender) {
  const auto at =
      std::ranges::find_if(senders_, [&](const auto& each) { return each.get() == sender; });
  Signal& opened = *opened_[static_cast<std::size_t>(at - senders_.begin())];
  while (!open_) co_await opened.wait(kLongestPause);
  co_await sender->run();
}

Task<void> ChainService::recheck_nodes() {
  for (;;) {
    co_await recheck_.wait(kRecheck);
    co_await nodes_.recheck();
  }
}

chains::Wanted ChainService::ours() const {
  return [this](const auto& from, const auto& to) { return deposits_.is_ours(from, to); };
}

Task<bool> ChainService::book_missed(std::uint64_t number) {
  const auto block = co_await second_look_.at(number);
  const Status booked =
      block ? co_await deposits_.book_missed(*block) : Status(std::unexpected(block.error()));
  const std::string what =
      "what was missed in block " + std::to_string(number) + " of chain " + settings_.name + " is ";
  seams_.log(booked ? what + "proven and booked"
                    : what + "not booked yet: " + booked.error().reason + ": " +
                          booked.error().detail);
  co_return booked.has_value();
}

Task<void> ChainService::sweep_later() {
  for (;;) {
    co_await sweep_.wait(kSweep);
    co_await later_sweep_.sweep();
  }
}

}  // namespace settled::daemon::process
