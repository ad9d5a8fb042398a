#include "record/record.h"

#include "base/digest.h"
#include "record/fields_site.h"
#include "record/reader.h"
#include "record/writer.h"

namespace slipway::record {
namespace {

// After the format: what the bytes are of, so that one is never taken for another.
enum class Form : char { step = 'E', site = 'S', deployment = 'D', plan = 'P' };

const char* name(Form form) {
  switch (form) {
    case Form::step:
      return "step";
    case Form::site:
      return "site";
    case Form::deployment:
      return "deployment";
    case Form::plan:
      return "plan";
  }
  return "";
}

template <class T>
std::string encode_as(Form form, const T& value) {
  std::string out;
  put_varint(out, kFormat);
  out.push_back(static_cast<char>(form));
  write(out, value);
  return out;
}

// The few fields of a deployment that tell how it ended; numbers as in fields_site.h.
struct PlanHead {
  Release to;
};
void fields(auto& a, Is<PlanHead> auto& v) { a(3, v.to); }

struct EndedHead {
  Request request;
  State state{};
  PlanHead plan;
  Wall ended_wall{};
};
void fields(auto& a, Is<EndedHead> auto& v) {
  a(3, v.request);
  a(7, v.state);
  a(10, v.plan);
  a(35, v.ended_wall);
}

template <class T>
Result<T> decode_as(Form form, std::string_view bytes, std::string* unknown = nullptr,
                    Alike* alike = nullptr) {
  Reading reading{.alike = alike};
  std::uint64_t format = 0;
  if (!take_varint(bytes, format, reading) || format == 0) {
    return fail(Fault::corrupt, "the record of a {} has no format version", name(form));
  }
  if (format > kFormat) {
    return fail(
        Fault::unsupported,
        "the record of a {} has format {}, and this version reads up to {}; use the version "
        "that wrote it or a newer one",
        name(form), format, kFormat);
  }
  if (bytes.empty() || bytes.front() != static_cast<char>(form)) {
    return fail(Fault::corrupt, "the record is not one of a {}", name(form));
  }
  bytes.remove_prefix(1);
  T value{};
  Reader::message(bytes, value, reading, unknown);
  if (!reading.ok()) {
    return fail(reading.newer ? Fault::unsupported : Fault::corrupt,
                "the record of a {} cannot be read: {}", name(form), reading.trouble);
  }
  return value;
}

}  // namespace

std::string pack(const analysis::Histogram& histogram) {
  std::string out;
  std::uint16_t before = 0;
  for (const auto& [index, count] : histogram.buckets) {
    CHECK(index >= before, "the buckets of a histogram are sorted");
    put_varint(out, static_cast<std::uint64_t>(index - before));
    put_varint(out, count);
    before = index;
  }
  return out;
}

bool unpack(std::string_view bytes, analysis::Histogram& histogram) {
  Reading reading;
  std::uint64_t index = 0;
  histogram.buckets.clear();
  while (!bytes.empty()) {
    std::uint64_t above = 0;
    std::uint64_t count = 0;
    if (!take_varint(bytes, above, reading) || !take_varint(bytes, count, reading)) return false;
    if (above > 0xffff || index + above > 0xffff || count > 0xffff'ffff) return false;
    if (above == 0 && !histogram.buckets.empty()) return false;
    index += above;
    histogram.buckets.emplace_back(static_cast<std::uint16_t>(index),
                                   static_cast<std::uint32_t>(count));
  }
  return true;
}

std::string encode(const StepRecord& step) { return encode_as(Form::step, step) + step.unknown; }
std::string encode(const Site& site) { return encode_as(Form::site, site); }
std::string encode_apart(const Site& site) {
  return encode_as(Form::site, Apart<const Site&>{site, site.last ? site.last->number : 0});
}
std::string encode(const Deployment& deployment) { return encode_as(Form::deployment, deployment); }

Result<StepRecord> decode_step(std::string_view bytes) {
  std::string unknown;
  auto step = decode_as<StepRecord>(Form::step, bytes, &unknown);
  if (step) step->unknown = std::move(unknown);
  return step;
}
Result<Site> decode_site(std::string_view bytes, const FindSummary& find) {
  Alike alike;
  return decode_site(bytes, find, alike);
}
Result<Site> decode_site(std::string_view bytes, const FindSummary& find, Alike& alike) {
  auto read = TRY(decode_as<Apart<Site>>(Form::site, bytes, nullptr, &alike));
  if (read.last != 0) {
    const std::string summary = TRY(find(read.last));
    read.site.last = TRY(decode_as<Deployment>(Form::deployment, summary, nullptr, &alike));
  }
  return std::move(read.site);
}
Result<Deployment> decode_deployment(std::string_view bytes) {
  return decode_as<Deployment>(Form::deployment, bytes);
}

Result<Ending> decode_ending(std::string_view bytes) {
  EndedHead head = TRY(decode_as<EndedHead>(Form::deployment, bytes));
  std::string& asked = head.request.version;
  return Ending{head.state, asked.empty() ? head.plan.to.version : std::move(asked),
                head.ended_wall};
}

std::string plan_digest(const Plan& plan, std::size_t* size) {
  Plan approved = plan;
  approved.outlook.clear();  // changes with the traffic of the hour
  const std::string bytes = encode_as(Form::plan, approved);
  if (size != nullptr) {
    *size = bytes.size();
    for (const auto& [code, text] : plan.outlook) *size += code.size() + text.size();
  }
  return "sha256:" + sha256_hex(bytes);
}

}  // namespace slipway::record
