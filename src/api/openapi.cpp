#include "api/openapi.h"

// Compiled by itself, anew whenever the document changed (CMakeLists.txt).
asm(".pushsection .rodata\n"
    ".global slipway_openapi\nslipway_openapi:\n"
    ".incbin \"" SLIPWAY_OPENAPI
    "\"\n"
    ".global slipway_openapi_end\nslipway_openapi_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char slipway_openapi[], slipway_openapi_end[];

namespace slipway::api {

std::string_view openapi_document() { return {slipway_openapi, slipway_openapi_end}; }

}  // namespace slipway::api
