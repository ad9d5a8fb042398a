// A deployment that has ended as an OpenTelemetry trace: the deployment is the root span, its steps
// are spans below it, its story the root's events. In OTLP's JSON form (opentelemetry-proto 1.x).
// Pure: numbers of trace and spans come from the deployment, so that the same one is told the same
// way after a restart.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "contract/site.h"

namespace slipway::observe {

// 32 and 16 hex digits.
std::string trace_id(const SiteId&, const Deployment&);

// An ExportTraceServiceRequest with one resource, one scope and all spans of this deployment.
boost::json::object trace_json(const SiteId&, const Deployment&, const std::string& version);

}  // namespace slipway::observe
