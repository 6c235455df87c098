# The Debian package: cpack --config build/release/CPackConfig.cmake. tests/package.sh builds and tries it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mqfail)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "mqfail maintainers <maintainers@mqfail.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, procps")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus-node-exporter, monitoring-plugins-basic")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "mqfail publishes and receives MQTT messages and goes on with the next of
several servers when one dies, hangs, refuses or moves. mqfail-sub and
mqfail-pub have the options of mosquitto_sub and mosquitto_pub. mqfail-probe
checks servers for monitoring, and mqfail-config stores lists of servers.
.
Where mosquitto-clients are not installed, mqfail answers to the names
mosquitto_sub and mosquitto_pub, too.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm
  ${CMAKE_CURRENT_LIST_DIR}/postrm ${CMAKE_CURRENT_LIST_DIR}/triggers)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# What is known only on the machine that packs: cpack runs these.
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/relations.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/stage.cmake)
set(CPACK_MQFAIL_SOURCE_DIR ${PROJECT_SOURCE_DIR})
set(CPACK_MQFAIL_LINKED ${PAHO_ARCHIVE} ${RE2_ARCHIVE} ${SQLITE3_LIBRARY})
if(MQFAIL_LATE)
  set(CPACK_MQFAIL_LATE ${OPENSSL_SSL_LIBRARY} ${SIMDJSON_LIBRARY} ${CARES_LIBRARY})
endif()
include(CPack)
