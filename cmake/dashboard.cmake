# The dashboard: web/ is built by Vite and its files become data of the program. Both steps are left
# out while nothing under web/ changed; packages are installed anew only when the lock changed.
option(SLIPWAY_DASHBOARD "build the dashboard into the program (needs node 18 or newer)" ON)

function(dashboard target)
  set(out ${CMAKE_BINARY_DIR}/dashboard)
  set(web ${CMAKE_SOURCE_DIR}/web)
  if(NOT SLIPWAY_DASHBOARD)
    file(WRITE ${out}/none.cpp "#include \"web/dashboard.h\"\n\n"
      "slipway::web::Files slipway::web::built_files() { return {nullptr, 0}; }\n")
    target_sources(${target} PRIVATE ${out}/none.cpp)
    return()
  endif()
  find_program(NODE NAMES node nodejs REQUIRED)
  find_program(NPM npm REQUIRED)
  # npm writes this file at the end of an installation; all presets share it.
  set(installed ${web}/node_modules/.package-lock.json)
  add_custom_command(OUTPUT ${installed}
    COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${installed}
    DEPENDS ${web}/package-lock.json
    WORKING_DIRECTORY ${web} COMMENT "Installing the dashboard's packages" VERBATIM)
  # The client's types, of the document that the agent serves.
  set(types ${web}/client/document.ts)
  set(document ${CMAKE_SOURCE_DIR}/src/api/openapi.json)
  add_custom_command(OUTPUT ${types}
    COMMAND ${NODE} client/generate.js
    DEPENDS ${installed} ${document} ${web}/client/generate.js
    WORKING_DIRECTORY ${web} COMMENT "Making the client's types" VERBATIM)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/client/*.ts)
  list(REMOVE_ITEM sources ${types})
  set(files ${out}/files.cpp)
  add_custom_command(OUTPUT ${files}
    COMMAND ${NODE} ${web}/embed.js ${out}
    DEPENDS ${installed} ${types} ${sources} ${web}/index.html ${web}/vite.config.js ${web}/embed.js
      ${web}/package.json
    WORKING_DIRECTORY ${web} COMMENT "Building the dashboard" VERBATIM)
  target_sources(${target} PRIVATE ${files})
  set_source_files_properties(${files} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
