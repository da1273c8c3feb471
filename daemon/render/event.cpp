#include "daemon/render/value.hpp"

namespace settled::daemon::render {
namespace {

Json subject(const pb::Event& event, const Context& context) {
  switch (event.object_case()) {
    case pb::Event::kIntent:
      return payment_intent(event.intent(), context);
    case pb::Event::kTransfer:
      return transfer(event.transfer(), context);
    case pb::Event::kPayout:
      return payout(event.payout(), context);
    case pb::Event::kRefund:
      return refund(event.refund(), context);
    case pb::Event::kIncident:
      return incident(event.incident(), context);
    case pb::Event::OBJECT_NOT_SET:
      break;
  }
  return nullptr;
}

}  // namespace

Json incident(const pb::Incident& incident, const Context& context) {
  Json out =
      object_head(id_text<IncidentId>(incident.id()), "incident", incident.created(), context);
  out["code"] = incident.code();
  out["detail"] = incident.detail();
  out["chain"] = optional_text(incident.chain());
  out["node"] = optional_text(incident.node());
  return out;
}

Json event(const pb::Event& event, const Context& context) {
  return {{"id", id_text<EventId>(event.id())},
          {"object", "event"},
          {"type", event.type()},
          {"sequence", event.sequence()},
          {"created", time_text(event.created())},
          {"livemode", context.livemode},
          {"data", {{"object", subject(event, context)}}}};
}

std::string event_body(const pb::Event& record, const Context& context) {
  return text(event(record, context));
}

std::string list(const std::vector<std::string>& data, bool has_more, std::string_view url) {
  std::string out = R"({"object":"list","data":[)";
  std::size_t size = out.size() + url.size() + 64;
  for (const std::string& each : data) size += each.size() + 1;
  out.reserve(size);
  for (const std::string& each : data) {
    if (&each != data.data()) out += ',';
    out += each;
  }
  out += has_more ? R"(],"has_more":true,"url":)" : R"(],"has_more":false,"url":)";
  out += text(url);
  out += '}';
  return out;
}

}  // namespace settled::daemon::render
