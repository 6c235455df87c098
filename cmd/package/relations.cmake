# Run by cpack: relations to other packages that dpkg-shlibdeps cannot see.
function(owner file field result)
  file(REAL_PATH ${file} real)
  execute_process(COMMAND dpkg-query --search ${real} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE ": /.*" "" package "${found}")
  execute_process(COMMAND dpkg-query --show --showformat ${field} ${package}
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# lib/late loads these by dlopen. Their packages say themselves from which version on they will do.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "")
foreach(library IN LISTS CPACK_MQFAIL_LATE)
  owner(${library} "\${Package}" package)
  file(REAL_PATH ${library} real)
  get_filename_component(name ${real} NAME)
  string(REGEX REPLACE "\\.so.*" "" name ${name})
  execute_process(COMMAND dpkg-query --control-show ${package} shlibs OUTPUT_VARIABLE shlibs COMMAND_ERROR_IS_FATAL ANY)
  if(NOT shlibs MATCHES "(^|\n)${name} [^ ]+ ([^\n]+)")
    message(FATAL_ERROR "the shlibs of ${package} do not name ${name}")
  endif()
  list(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ${CMAKE_MATCH_2})
endforeach()
list(JOIN CPACK_DEBIAN_PACKAGE_DEPENDS ", " CPACK_DEBIAN_PACKAGE_DEPENDS)

# What is linked statically, and the C++ library of the compiler. CPack has no variable for this field,
# so it follows the section.
execute_process(COMMAND g++ -print-file-name=libstdc++.a OUTPUT_VARIABLE standard OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
set(built_using "")
set(CPACK_MQFAIL_LINKED_PACKAGES "")
foreach(library IN LISTS CPACK_MQFAIL_LINKED ITEMS ${standard})
  if(library MATCHES "\\.a$")
    owner(${library} "\${source:Package} (= \${source:Version})" source)
    owner(${library} "\${Package}" package)
    list(APPEND built_using ${source})
    list(APPEND CPACK_MQFAIL_LINKED_PACKAGES ${package})
  endif()
endforeach()
list(JOIN built_using ", " built_using)
set(CPACK_DEBIAN_PACKAGE_SECTION "net\nBuilt-Using: ${built_using}")
