#include "daemon/api/service.hpp"

#include <chrono>

#include "daemon/api/body.hpp"
#include "daemon/api/noted_answers.hpp"
#include "daemon/async/book.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::api {
namespace {

constexpr unsigned kUnavailable = 503;
constexpr int kAddressRounds = 8;
/// Of one address, while requests are limited at all.
constexpr std::uint32_t kFailuresPerSecond = 20;
constexpr std::size_t kKeysWatched = 10'000;
constexpr std::size_t kPeersWatched = 4'096;

bool is_out_of_addresses(const Result<ledger::Applied>& applied) {
  return !applied && applied.error().reason == "deposit_addresses_exhausted";
}

http::Response refuse(const Error& error, const http::Request& request) {
  // The process is about to end and come back: to a client that is "not now".
  if (error.reason == "store_poisoned") {
    return http::problem(kUnavailable, error, request.request_id);
  }
  return http::problem(error, request.request_id);
}

Error error_of(const pb::Refusal& refusal) {
  return {static_cast<Errc>(refusal.code()), refusal.reason(), refusal.detail(), refusal.param()};
}

void mark_replayed(http::Response& response) {
  response.headers.emplace_back("Idempotent-Replayed", "true");
}

http::Response to_response(const Result<std::string>& body, const http::Request& request) {
  if (!body) return refuse(body.error(), request);
  http::Response response;
  response.body = *body;
  return response;
}

}  // namespace

Service::Service(ledger::Book& book_in, Random& random_in, Settings settings_in,
                 render::Context context_in, Hooks hooks_in)
    : book(book_in),
      random(random_in),
      settings(std::move(settings_in)),
      context(std::move(context_in)),
      hooks(std::move(hooks_in)),
      slow_reads([this] { return book.snapshot(); }, settings.slow_reads),
      authenticator_(book_in.reader()),
      by_key_(settings.requests_per_second, kKeysWatched),
      failed_by_peer_(settings.requests_per_second == 0 ? 0 : kFailuresPerSecond, kPeersWatched) {}

std::unexpected<Error> Service::not_found(std::string param) {
  return fail(Errc::NotFound, "not_found", "no such object", std::move(param));
}

void Service::add(std::string_view method, std::string_view pattern, http::Endpoint endpoint) {
  INVARIANT(router_ != nullptr);
  router_->add(method, pattern, std::move(endpoint));
  routes_.emplace_back(method, pattern);
}

Result<Caller> Service::known_caller(const http::Request& request) {
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  auto caller = authenticator_.caller_of(request);
  if (caller) {
    if (by_key_.take(caller->key, now_ms)) return caller;
    return fail(Errc::Rejected, "too_many_requests", "this key asks too often; wait a second");
  }
  if (caller.error().reason != "unauthenticated") return caller;
  // Known keys are let in whatever others behind the same address do.
  const std::string peer = request.remote.substr(0, request.remote.rfind(':'));
  if (failed_by_peer_.take(peer, now_ms)) return caller;
  return fail(Errc::Rejected, "too_many_requests", "too many unknown keys from this address");
}

Result<Call> Service::admit(const http::Request& request, const http::PathParameters& parameters,
                            const Access& access) {
  TRY(Caller caller, known_caller(request));
  TRY_OK(check_access(caller, access));
  return Call{request, parameters, std::move(caller), {}};
}

std::optional<http::Response> Service::refuse_stranger(const http::Request& request) {
  const auto caller = known_caller(request);
  if (caller) return std::nullopt;
  return refuse(caller.error(), request);
}

void Service::read(std::string_view pattern, Access access, Answer answer) {
  add("GET", pattern,
      [this, access, answer = std::move(answer)](
          http::Request request, http::PathParameters parameters) -> Task<http::Response> {
        const auto call = admit(request, parameters, access);
        if (!call) co_return refuse(call.error(), request);
        co_return to_response(answer(*call), request);
      });
}

void Service::read_slowly(std::string_view pattern, Access access, SlowAnswer answer) {
  add("GET", pattern,
      [this, access, answer = std::move(answer)](
          http::Request request, http::PathParameters parameters) -> Task<http::Response> {
        const auto call = admit(request, parameters, access);
        if (!call) co_return refuse(call.error(), request);
        const auto body = co_await answer(*call);
        co_return to_response(body, request);
      });
}

void Service::act(std::string_view pattern, Access access, Act act) {
  add("POST", pattern,
      [this, access, act = std::move(act)](
          http::Request request, http::PathParameters parameters) -> Task<http::Response> {
        auto call = admit(request, parameters, access);
        if (!call) co_return refuse(call.error(), request);
        auto response = carry_out(act, *call);
        if (!response) co_return refuse(response.error(), request);
        co_return *std::move(response);
      });
}

Result<http::Response> Service::carry_out(const Act& act, Call& call) const {
  TRY(call.body, body_of(call.request));
  Noting noting;
  TRY(noting.key, idempotency_key_of(call.request, call.body, call.caller.key));
  if (noting.key) {
    const pb::IdempotencyKey& key = *noting.key;
    // What the book keeps is the answer to a command, and this is none.
    TRY(const auto of_command,
        reader().get(ledger::keys::idempotency(key.scope(), key.key_sha256())));
    if (of_command) return idempotency_mismatch();
    TRY(noting.noted, noted_answer(reader(), key));
  }
  http::Response response;
  TRY(response.body, act(call, noting));
  if (noting.noted) mark_replayed(response);
  return response;
}

void Service::open(std::string_view pattern, std::function<http::Response()> answer) {
  add("GET", pattern,
      [answer = std::move(answer)](http::Request, http::PathParameters) -> Task<http::Response> {
        co_return answer();
      });
}

void Service::respond(std::string_view pattern, Access access, Responder responder) {
  add("GET", pattern,
      [this, access, responder = std::move(responder)](
          http::Request request, http::PathParameters parameters) -> Task<http::Response> {
        const auto call = admit(request, parameters, access);
        if (!call) co_return refuse(call.error(), request);
        auto response = responder(*call);
        if (!response) co_return refuse(response.error(), request);
        co_return *std::move(response);
      });
}

void Service::change(std::string_view method, std::string_view pattern, Change change) {
  add(method, pattern,
      [this, shared = std::make_shared<const Change>(std::move(change))](
          http::Request request, http::PathParameters parameters) {
        return answer_change(shared, std::move(request), std::move(parameters));
      });
}

Task<http::Response> Service::answer_change(std::shared_ptr<const Change> change,
                                            http::Request request,
                                            http::PathParameters parameters) {
  auto call = admit(request, parameters, change->access);
  if (!call) co_return refuse(call.error(), request);
  auto response = co_await carry_out(std::move(change), *call);
  if (!response) co_return refuse(response.error(), request);
  co_return *std::move(response);
}

Task<Result<http::Response>> Service::carry_out(std::shared_ptr<const Change> change, Call& call) {
  CO_TRY(call.body, body_of(call.request));
  CO_TRY(const auto key, idempotency_key_of(call.request, call.body, call.caller.key));
  if (!key && change->key_required) {
    co_return fail(Errc::Invalid, "idempotency_key_required",
                   "send an Idempotency-Key, so that a repetition cannot pay twice");
  }
  if (key) {
    CO_TRY(auto stored, replay(*change, call, *key));
    if (stored) co_return *std::move(stored);
  }
  CO_TRY_OK(Query(call.request).done());
  CO_TRY(const pb::Command command, change->command(call));
  if (change->permit) CO_TRY_OK(co_await change->permit(command));
  auto applied = co_await apply(book, command, key);
  // Others may take the new addresses first; a crowd is served within a few rounds.
  for (int round = 0; round < kAddressRounds && is_out_of_addresses(applied); ++round) {
    CO_TRY_OK(co_await hooks.need_deposit_addresses());
    applied = co_await apply(book, command, key);
  }
  if (!applied) co_return std::unexpected(std::move(applied).error());
  if (applied->replayed) call.secret.clear();
  co_return success(*change, call, applied->reply, applied->replayed);
}

Result<std::optional<http::Response>> Service::replay(const Change& change, const Call& call,
                                                      const pb::IdempotencyKey& key) const {
  TRY(const auto record, ledger::read_record<pb::IdempotencyRecord>(
                             reader(), ledger::keys::idempotency(key.scope(), key.key_sha256())));
  if (!record) {
    // No command's answer is noted, so one that is there was to another request.
    TRY(const auto noted, noted_answer(reader(), key));
    if (noted) return idempotency_mismatch();
    return std::nullopt;
  }
  if (record->fingerprint() != key.fingerprint()) return idempotency_mismatch();
  if (!record->reply().has_refusal()) return success(change, call, record->reply(), true);
  http::Response response = refuse(error_of(record->reply().refusal()), call.request);
  mark_replayed(response);
  return response;
}

http::Response Service::success(const Change& change, const Call& call, const pb::Reply& reply,
                                bool replayed) const {
  http::Response response;
  response.status = change.status;
  response.body = render::text(change.answer(reply, call));
  if (replayed) mark_replayed(response);
  return response;
}

Result<std::string> Service::narrowed(const Caller& caller, Query& query) const {
  TRY(const auto merchant, query.text("merchant"));
  return acting_for(caller, merchant);
}

Result<std::string> Service::acting_for(const Caller& caller,
                                        const std::optional<std::string>& merchant) const {
  if (!merchant) return caller.merchant;
  const auto id = MerchantId::parse(*merchant);
  if (!id || !caller.sees(id->raw())) return not_found("merchant");
  TRY(const auto stored, reader().get(ledger::keys::merchant(id->raw())));
  if (!stored) return not_found("merchant");
  return id->raw();
}

}  // namespace settled::daemon::api
