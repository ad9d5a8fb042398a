# The Debian package: `script/package` builds what it holds and runs CPack. Manual pages, completions and
# the unit are made by the program itself, so that they cannot say what it does not do.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)
set(made ${CMAKE_BINARY_DIR}/package/made)
set(packaging ${CMAKE_SOURCE_DIR}/packaging)

add_custom_command(OUTPUT ${made}/done
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${made}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${made}/man
  COMMAND python3 ${packaging}/manpages.py $<TARGET_FILE:slipway> ${PROJECT_VERSION} ${made}/man
  COMMAND gzip -9n -r ${made}/man
  COMMAND $<TARGET_FILE:slipway> completion bash > ${made}/slipway.bash
  COMMAND $<TARGET_FILE:slipway> completion zsh > ${made}/slipway.zsh
  COMMAND $<TARGET_FILE:slipway> completion fish > ${made}/slipway.fish
  COMMAND $<TARGET_FILE:slipway> agent install --dry-run --program /usr/bin/slipway > ${made}/slipway.service
  COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${made}/changelog.gz
  COMMAND ${CMAKE_COMMAND} -E touch ${made}/done
  DEPENDS slipway ${packaging}/manpages.py ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  COMMENT "Making manual pages, completions and the unit" VERBATIM)
add_custom_target(package-files DEPENDS ${made}/done slipway slipway-shim)

install(TARGETS slipway DESTINATION bin)
install(TARGETS slipway-shim DESTINATION lib/slipway)
install(DIRECTORY ${made}/man/ DESTINATION share/man/man1)
install(FILES ${made}/slipway.bash DESTINATION share/bash-completion/completions RENAME slipway)
install(FILES ${made}/slipway.zsh DESTINATION share/zsh/vendor-completions RENAME _slipway)
install(FILES ${made}/slipway.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${made}/slipway.service DESTINATION lib/systemd/system)
install(FILES ${packaging}/sysusers.conf DESTINATION lib/sysusers.d RENAME slipway.conf)
install(FILES ${packaging}/default DESTINATION /etc/default RENAME slipway)
install(FILES ${packaging}/prometheus/slipway.rules.yml DESTINATION share/slipway/prometheus)
install(FILES ${packaging}/grafana/slipway.json DESTINATION share/slipway/grafana)
install(FILES ${made}/changelog.gz DESTINATION share/doc/slipway)
install(FILES ${packaging}/debian/copyright DESTINATION share/doc/slipway)
install(FILES ${CMAKE_SOURCE_DIR}/src/config/reference.yaml DESTINATION share/doc/slipway/examples)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME slipway)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_PACKAGE_CONTACT "Slipway <slipway@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "releases software with zero downtime and takes bad releases back")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "releases software with zero downtime and takes bad releases back
A command line and a durable agent: it runs the versions of a service side by side behind a proxy of
its own, moves the traffic step by step, judges each request, and goes back by itself, traffic first,
when the new version does harm. Every deployment ends with a receipt.")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# HAProxy is started, libcurl and libpq are loaded when they are first needed: no tool can see these.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "haproxy (>= 2.6), libcurl4")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libpq5, systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/debian/conffiles ${packaging}/debian/postinst
  ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)
