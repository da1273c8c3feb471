#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/api.hpp"
#include "daemon/api/auth.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/rate_limit.hpp"
#include "daemon/async/slow_reads.hpp"
#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::daemon::api {

namespace pb = ledger::pb;
using render::Json;

/// One request whose caller is known and may use the route. Lives in the frame that answers it.
struct Call {
  const http::Request& request;
  const http::PathParameters& parameters;
  Caller caller;
  nlohmann::json body;      ///< an object where the route takes a body
  std::string secret = {};  ///< made for this request, to be shown in its answer alone
};

/// A route that changes the book by one command.
struct Change {
  Access access;
  unsigned status = 200;  ///< of success, replayed or not
  bool key_required = false;
  /// Checks the request. What it refuses is not stored with an idempotency key.
  std::function<Result<pb::Command>(Call&)> command;
  /// Where set, asked before the command is submitted.
  std::function<Task<Status>(pb::Command)> permit = {};
  /// The body for a reply, fresh or stored. `call.secret` is empty for a stored one.
  std::function<Json(const pb::Reply&, const Call&)> answer;
};

/// What all routes share. The files beside this one add the routes of one kind of object each.
class Service {
 public:
  Service(ledger::Book& book_in, Random& random_in, Settings settings_in,
          render::Context context_in, Hooks hooks_in);

  ledger::Book& book;
  Random& random;
  const Settings settings;
  const render::Context context;
  const Hooks hooks;
  SlowReads slow_reads;  ///< for what reads every account

  std::optional<http::Response> refuse_stranger(const http::Request& request);

  const ledger::store::Reader& reader() const { return book.reader(); }

  void start(http::Router& router) { router_ = &router; }
  const std::vector<std::pair<std::string, std::string>>& routes() const { return routes_; }

  /// `answer` gives the body of a 200.
  using Answer = std::function<Result<std::string>(const Call&)>;
  void read(std::string_view pattern, Access access, Answer answer);
  /// As `read`, for what is no JSON or comes as a stream.
  using Responder = std::function<Result<http::Response>(const Call&)>;
  void respond(std::string_view pattern, Access access, Responder responder);
  /// The same for an answer that takes time.
  using SlowAnswer = std::function<Task<Result<std::string>>(const Call&)>;
  void read_slowly(std::string_view pattern, Access access, SlowAnswer answer);
  void change(std::string_view method, std::string_view pattern, Change change);
  /// A POST that changes nothing in the book. `act` notes its answer under the key, where there is
  /// one, with what it does; `noted` is that of the same request before, and then it does nothing.
  struct Noting {
    std::optional<pb::IdempotencyKey> key;
    std::optional<std::string> noted;
  };
  using Act = std::function<Result<std::string>(const Call&, const Noting&)>;
  void act(std::string_view pattern, Access access, Act act);
  /// Without a key.
  void open(std::string_view pattern, std::function<http::Response()> answer);

  /// The object of an id as text. Error: NotFound, for another merchant's object too.
  template <typename Id, typename Record>
  Result<Record> find(const Caller& caller, std::string_view id,
                      std::string (*key)(std::string_view)) const {
    TRY(const Id parsed, Id::parse(id));
    TRY(auto record, ledger::read_record<Record>(reader(), key(parsed.raw())));
    if (!record || !caller.sees(record->merchant())) return not_found();
    return *std::move(record);
  }

  /// The merchant whose objects are listed: the caller's own, or for the platform that of
  /// `?merchant=`; empty: all. Error: NotFound.
  Result<std::string> narrowed(const Caller& caller, Query& query) const;
  /// The merchant that a body's `merchant` field acts for; empty for the platform where it names
  /// none. Error: NotFound.
  Result<std::string> acting_for(const Caller& caller,
                                 const std::optional<std::string>& merchant) const;

  /// Error: `invalid_cursor` unless the page's cursor is an object of the listed merchant.
  template <typename Record>
  Status check_cursor(const ledger::reports::PageRequest& page, std::string_view merchant,
                      std::string (*key)(std::string_view)) const {
    const auto& cursor = page.starting_after ? page.starting_after : page.ending_before;
    if (!cursor) return {};
    TRY(const auto record, ledger::read_record<Record>(reader(), key(*cursor)));
    if (record && (merchant.empty() || record->merchant() == merchant)) return {};
    return Query::unknown_cursor(page.starting_after ? "starting_after" : "ending_before");
  }

  static std::unexpected<Error> not_found(std::string param = {});

 private:
  Result<http::Response> carry_out(const Act& act, Call& call) const;
  Result<Call> admit(const http::Request& request, const http::PathParameters& parameters,
                     const Access& access);
  Task<http::Response> answer_change(std::shared_ptr<const Change> change, http::Request request,
                                     http::PathParameters parameters);
  Task<Result<http::Response>> carry_out(std::shared_ptr<const Change> change, Call& call);
  Result<std::optional<http::Response>> replay(const Change& change, const Call& call,
                                               const pb::IdempotencyKey& key) const;
  http::Response success(const Change& change, const Call& call, const pb::Reply& reply,
                         bool replayed) const;
  void add(std::string_view method, std::string_view pattern, http::Endpoint endpoint);

  /// Who asks, unless that key asks too often. Errors: Invalid `unauthenticated`, Rejected
  /// `too_many_requests`.
  Result<Caller> known_caller(const http::Request& request);

  Authenticator authenticator_;
  RateLimit by_key_;
  RateLimit failed_by_peer_;
  http::Router* router_ = nullptr;
  std::vector<std::pair<std::string, std::string>> routes_;
};

/// Of the rendered objects of one page; one object is always there.
inline constexpr std::size_t kMaxListBytes = std::size_t{1} << 20U;

/// The list object of one page, cut off where its bytes are enough; `render_one` gives each
/// record's JSON.
template <typename Record, typename RenderOne>
std::string list_of(const ledger::reports::Page<Record>& page, std::string_view url,
                    RenderOne render_one) {
  std::vector<std::string> data;
  data.reserve(page.data.size());
  std::size_t bytes = 0;
  bool has_more = page.has_more;
  const auto add = [&](const Record& record) {
    std::string one = render::text(render_one(record));
    bytes += one.size();
    if (!data.empty() && bytes > kMaxListBytes) {
      has_more = true;
      return false;
    }
    data.push_back(std::move(one));
    return true;
  };
  // From the cursor on, so that the next page begins where this one was cut off.
  if (page.backwards) {
    for (auto at = page.data.rbegin(); at != page.data.rend() && add(*at);) ++at;
    std::reverse(data.begin(), data.end());
  } else {
    for (auto at = page.data.begin(); at != page.data.end() && add(*at);) ++at;
  }
  return render::list(data, has_more, url);
}

/// One entry can touch several merchants: each reads its own lines and those of the house.
pb::Entry shown_to(const Caller& caller, pb::Entry entry);
/// An entry as it is read now: what is shown to the caller, a hold with what has become of it.
/// Error: Corrupt.
Result<Json> entry_json(const Service& service, const Caller& caller, pb::Entry entry);

void add_access_routes(Service& service);
void add_intent_routes(Service& service);
void add_transfer_routes(Service& service);
void add_payout_routes(Service& service);
void add_refund_routes(Service& service);
void add_balance_routes(Service& service);
void add_ledger_routes(Service& service);
void add_report_routes(Service& service);
void add_export_routes(Service& service);
void add_journal_routes(Service& service);
void add_proof_routes(Service& service);
void add_explain_routes(Service& service);
void add_event_routes(Service& service);
void add_endpoint_routes(Service& service);

}  // namespace settled::daemon::api
