# Run by the build: writes what the commands are made of as SPDX 2.3 (JSON).
#   cmake -D OUTPUT=FILE -D VERSION=V -D STATIC=FILE,... -D SHARED=FILE,... -P sbom.cmake
# A library is named by its Debian package, with the version that is installed while it is linked. Of what
# comes from no Debian package only the file is named. SOURCE_DATE_EPOCH is kept to.
cmake_policy(VERSION 3.25)
find_program(DPKG_QUERY dpkg-query)
string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)

# Licences as Debian's copyright files name them; of others nothing is said.
set(licence_paho.mqtt.c "EPL-2.0 OR BSD-3-Clause")
set(licence_re2 "BSD-3-Clause")
set(licence_sqlite3 "blessing")
set(licence_boost1.74 "BSL-1.0")
set(licence_openssl "Apache-2.0")
set(licence_simdjson "Apache-2.0")
set(licence_c-ares "MIT")
set(licence_glibc "LGPL-2.1-or-later")
set(licence_gcc-12 "GPL-3.0-or-later WITH GCC-exception-3.1")

# What dpkg-query says of a package; empty if it says nothing.
function(ask package format result)
  execute_process(COMMAND ${DPKG_QUERY} --show --showformat ${format} ${package} OUTPUT_VARIABLE text ERROR_QUIET)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# The package of a file, or empty. A library in /lib is one in /usr/lib, and dpkg knows one of both names.
function(owner file result)
  set(${result} "" PARENT_SCOPE)
  if(NOT DPKG_QUERY)
    return()
  endif()
  file(REAL_PATH ${file} real)
  string(REGEX REPLACE "^/usr/lib/" "/lib/" other ${real})
  foreach(name ${real} ${other})
    execute_process(COMMAND ${DPKG_QUERY} --search ${name} OUTPUT_VARIABLE found ERROR_QUIET RESULT_VARIABLE failed)
    if(failed EQUAL 0)
      string(REGEX REPLACE ": /.*" "" package "${found}")
      set(${result} "${package}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

set(packages "")
set(relations "")
set(known "")
function(add file how)
  owner(${file} package)
  get_filename_component(name ${file} NAME)
  set(details "")
  if(package)
    ask(${package} "\${Package}" name)
    ask(${package} "\${Version}" version)
    ask(${package} "\${source:Package}" source)
    ask(${package} "\${Architecture}" architecture)
    ask(${package} "\${Homepage}" homepage)
    string(REPLACE "+" "%2B" escaped "${version}")
    string(REPLACE ":" "%3A" escaped "${escaped}")
    string(REPLACE "~" "%7E" escaped "${escaped}")
    string(APPEND details ",\n      \"versionInfo\": \"${version}\"")
    if(homepage)
      string(APPEND details ",\n      \"homepage\": \"${homepage}\"")
    endif()
    if(licence_${source})
      string(APPEND details ",\n      \"licenseDeclared\": \"${licence_${source}}\"")
    endif()
    string(APPEND details ",\n      \"sourceInfo\": \"built from the Debian source package ${source}\"")
    string(APPEND details ",\n      \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", "
      "\"referenceLocator\": \"pkg:deb/debian/${name}@${escaped}?arch=${architecture}\"}]")
  endif()
  string(REGEX REPLACE "[^A-Za-z0-9.-]" "-" id "SPDXRef-${name}")
  if(NOT id IN_LIST known)
    set(known ${known} ${id} PARENT_SCOPE)
    string(APPEND packages ",\n    {\n      \"name\": \"${name}\",\n      \"SPDXID\": \"${id}\",\n"
      "      \"downloadLocation\": \"NOASSERTION\",\n      \"filesAnalyzed\": false,\n"
      "      \"licenseConcluded\": \"NOASSERTION\",\n      \"copyrightText\": \"NOASSERTION\"${details}\n    }")
    set(packages "${packages}" PARENT_SCOPE)
    string(APPEND relations ",\n    {\"spdxElementId\": \"SPDXRef-mqfail\", \"relationshipType\": \"${how}\", "
      "\"relatedSpdxElement\": \"${id}\"}")
    set(relations "${relations}" PARENT_SCOPE)
  endif()
endfunction()

string(REPLACE "," ";" STATIC "${STATIC}")
string(REPLACE "," ";" SHARED "${SHARED}")
foreach(file IN LISTS STATIC)
  add(${file} STATIC_LINK)
endforeach()
foreach(file IN LISTS SHARED)
  add(${file} DYNAMIC_LINK)
endforeach()
string(SHA256 digest "${VERSION}${packages}${relations}")
string(SUBSTRING ${digest} 0 32 digest)
file(WRITE ${OUTPUT} "{
  \"spdxVersion\": \"SPDX-2.3\",
  \"dataLicense\": \"CC0-1.0\",
  \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"mqfail-${VERSION}\",
  \"documentNamespace\": \"https://mqfail.example/spdx/mqfail-${VERSION}-${digest}\",
  \"creationInfo\": {\"created\": \"${created}\", \"creators\": [\"Tool: mqfail-sbom.cmake-${VERSION}\"]},
  \"packages\": [
    {
      \"name\": \"mqfail\",
      \"SPDXID\": \"SPDXRef-mqfail\",
      \"versionInfo\": \"${VERSION}\",
      \"downloadLocation\": \"NOASSERTION\",
      \"filesAnalyzed\": false,
      \"licenseConcluded\": \"Apache-2.0\",
      \"licenseDeclared\": \"Apache-2.0\",
      \"copyrightText\": \"NOASSERTION\",
      \"primaryPackagePurpose\": \"APPLICATION\"
    }${packages}
  ],
  \"relationships\": [
    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-mqfail\"}${relations}
  ]
}
")
