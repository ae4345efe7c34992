// The module "lockgate/xml": XML to plain objects and back, by XML 1.0 (fifth edition) and Namespaces in XML 1.0. No entity
// but the five of XML is expanded, and no document type is read, so a document can't refer to anything.

export { parse } from "lockgate:xml/reader";
export { stringify } from "lockgate:xml/writer";
