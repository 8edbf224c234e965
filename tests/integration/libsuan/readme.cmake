# cmake -DREADME=… -DEXAMPLE=… -P readme.cmake: the README shows exactly the example that is compiled and run.
file(READ ${EXAMPLE} example)
file(READ ${README} readme)
string(FIND "${readme}" "${example}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${README} does not show ${EXAMPLE}")
endif()
