# All that is installed, and so is in the package: ./reqresp install, ./reqresp package.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX "${Wireshark_INSTALL_PREFIX}" CACHE PATH "Where this machine's Wireshark is" FORCE)
endif()
include(GNUInstallDirs)

# The manual page, with the tables of columns and options in it.
add_executable(rr_manual ${PROJECT_SOURCE_DIR}/plugin/manual.c)
target_compile_definitions(rr_manual PRIVATE RR_VERSION="${PROJECT_VERSION}")
target_link_libraries(rr_manual PRIVATE rr_core rr_warnings)
set(RR_MANUAL ${PROJECT_BINARY_DIR}/reqresp.4)
add_custom_command(OUTPUT ${RR_MANUAL}.gz
  COMMAND rr_manual ${PROJECT_SOURCE_DIR}/plugin/reqresp.4.in ${RR_MANUAL}
  COMMAND gzip -9nf ${RR_MANUAL}
  DEPENDS rr_manual ${PROJECT_SOURCE_DIR}/plugin/reqresp.4.in VERBATIM)
add_custom_target(manual ALL DEPENDS ${RR_MANUAL}.gz)

install(TARGETS reqresp LIBRARY DESTINATION "${Wireshark_PLUGIN_LIBDIR}/epan" NAMELINK_SKIP)
# Beside the profiles that come with Wireshark.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/plugin/profile/ DESTINATION ${CMAKE_INSTALL_DATADIR}/wireshark/profiles/reqresp)
install(FILES ${RR_MANUAL}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man4)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/reqresp RENAME copyright)
add_custom_target(installed DEPENDS reqresp manual)

set(RR_WIRESHARK "${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME reqresp)
set(CPACK_PACKAGE_CONTACT "The reqresp project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "A plugin for Wireshark ${RR_WIRESHARK} and its tshark: requests, responses and the times between them as fields, columns and rows.")
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_VERSION "${PROJECT_VERSION}+wireshark${RR_WIRESHARK}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# Wireshark's library has another name in every version that takes other plugins.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_ENHANCES "wireshark, tshark")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
