// Whatever bytes come in at the HTTP door, in answers only what the interface promises goes out: a
// well-formed answer, never a 500, an audit that is whole. Real parser, router, gate, bodies,
// handlers, read models; behind them stands an agent that says yes. Aborts at what must not be.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {

// The first byte says how the rest is taken; its low bits who asks and how (see `Manner`).
//   R…  the bytes of a connection, one request after the other
//   J…  "POST /v1/deployments\n" and a body
//   K…  a record as it stands in the journal: of people, of keys for repeating, of the audit
void try_hostile(std::string_view input);

// The input with a few changes that `chance` decides: words put in, bytes changed, pieces moved or
// taken from another input.
std::string neighbour_of(std::string_view input, std::string_view other, std::mt19937_64& chance);

// The interface's own words, for mutations.
const std::vector<std::string>& hostile_words();

}  // namespace slipway::api
