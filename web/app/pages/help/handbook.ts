// Handbook: in a file of its own, which is loaded when somebody wants to read.
export { pages } from 'handbook:pages';
