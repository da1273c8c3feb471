#include "daemon/api/noted_answers.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kRead{.any_of = kReading};

Result<pb::Event> find_event(const Service& service, const Call& call) {
  TRY(const EventId id, EventId::parse(call.parameters["id"]));
  TRY(auto event, ledger::reports::event_by_id(service.reader(), id.raw()));
  if (!event || !call.caller.sees(event->merchant())) return Service::not_found();
  return *std::move(event);
}

/// The feed: oldest first, from a sequence on.
Result<std::string> list_events(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto after, query.integer("after", 0, INT64_MAX));
  TRY(const std::size_t limit, query.limit());
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY(const auto page,
      ledger::reports::events(service.reader(), merchant, after.value_or(0), limit));
  return list_of(page, call.request.path,
                 [&](const pb::Event& event) { return render::event(event, service.context); });
}

Result<std::string> get_event(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto event, find_event(service, call));
  return render::event_body(event, service.context);
}

Json redelivery_json(const Redelivery& done) {
  Json skipped = Json::array();
  for (const EndpointId& endpoint : done.skipped) skipped.push_back(endpoint.to_string());
  return {{"queued", done.queued}, {"pending", done.pending}, {"skipped", std::move(skipped)}};
}

/// Noted is what came of it alone: an event never changes.
Result<std::string> redeliver(const Service& service, const Call& call,
                              const Service::Noting& noting) {
  TRY_OK(Query(call.request).done());
  TRY_OK(json::Fields(call.body).done());
  TRY(const auto event, find_event(service, call));
  Json out = render::event(event, service.context);
  if (noting.noted) {
    out["redelivery"] = Json::parse(*noting.noted, nullptr, false);
    if (out["redelivery"].is_discarded()) {
      return fail(Errc::Corrupt, "corrupt_record", "a noted answer does not parse");
    }
    return render::text(out);
  }
  const auto note = [&](ledger::store::Batch& batch, const Redelivery& done) {
    if (noting.key) note_answer(batch, *noting.key, render::text(redelivery_json(done)));
  };
  TRY(const Redelivery done, service.hooks.redeliver(event, call.caller.merchant, note));
  out["redelivery"] = redelivery_json(done);
  return render::text(out);
}

}  // namespace

void add_event_routes(Service& service) {
  service.read("/v1/events", kRead,
               [&service](const Call& call) { return list_events(service, call); });
  service.read("/v1/events/{id}", kRead,
               [&service](const Call& call) { return get_event(service, call); });
  service.act("/v1/events/{id}/redeliver", {.any_of = ledger::kWebhooks},
              [&service](const Call& call, const Service::Noting& noting) {
                return redeliver(service, call, noting);
              });
}

}  // namespace settled::daemon::api
